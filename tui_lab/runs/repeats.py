"""The best trial and the next one over new seeds: mean, deviation, and whether they differ."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.report import number
from tui_lab.runs.sweep_run import REPEATS
from tui_lab.runs.trials import Trial, ranked

CRITICAL = 2.776
"""Student's t that 5 pairs exceed by chance in one of 20 cases."""


def to_repeat(trials: Sequence[Trial], sweep: Sweep) -> list[int]:
    """The numbers of the best trial and the next best, if they were trained to their ends."""
    return [trial.number for trial in ranked(trials, sweep) if trial.state == "finished"][:2]


def repeated(trials: Sequence[Trial], sweep: Sweep) -> list[Trial]:
    """The trials with all repetitions, the best first as they were ranked."""
    return [trial for trial in ranked(trials, sweep) if len(trial.repeats) >= REPEATS]


def _values(trial: Trial) -> list[float]:
    return [a.value for a in trial.repeats[:REPEATS] if a.value is not None]


def repeats_told(trials: Sequence[Trial], sweep: Sweep) -> list[str]:
    """Sentences on what the repetitions say; none while there are none."""
    found = repeated(trials, sweep)
    whole = [trial for trial in found if len(_values(trial)) == REPEATS]
    verdict = [_verdict(sweep, *whole[:2])] if len(whole) > 1 and whole[:2] == found[:2] else []
    return [*(_told(trial, sweep) for trial in found), *verdict]


def _told(trial: Trial, sweep: Sweep) -> str:
    """The mean over the new seeds, or how many of them came to no result."""
    without = [attempt for attempt in trial.repeats[:REPEATS] if attempt.value is None]
    if without:
        count = f"{len(without)} of {REPEATS} new seeds"
        return f"Trial {trial.number} {without[0].state} in {count}."
    mean, deviation = fmean(_values(trial)), stdev(_values(trial))
    told = f"{sweep.metric} {number(mean)} ± {number(deviation)} (mean, deviation)"
    return f"Trial {trial.number} over {REPEATS} new seeds: {told}."


def _verdict(sweep: Sweep, one: Trial, other: Trial) -> str:
    """Whether the difference is real, by the seeds in pairs."""
    sign = 1 if sweep.metric == "accuracy" else -1
    pairs = zip(_values(one), _values(other), strict=True)
    gains = [sign * (a - b) for a, b in pairs]
    mean, error = fmean(gains), stdev(gains) / sqrt(len(gains))
    names = f"trial {one.number}", f"trial {other.number}"
    first, second = names if mean >= 0 else names[::-1]
    each = (
        f"over the same seeds {first} is {abs(mean):.2g} ± {error:.2g} (standard error) "
        f"better than {second}"
    )
    if abs(mean) <= CRITICAL * error:
        return f"Don't trust the difference: {each}."
    return f"That is more than chance in the seeds: {each}."
