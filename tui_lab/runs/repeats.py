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
    return [trial for trial in ranked(trials, sweep) if len(_values(trial)) >= REPEATS]


def _values(trial: Trial) -> list[float]:
    return [attempt.value for attempt in trial.repeats if attempt.value is not None][:REPEATS]


def repeats_told(trials: Sequence[Trial], sweep: Sweep) -> list[str]:
    """Sentences on what the repetitions say; none while there are none."""
    found = repeated(trials, sweep)
    told = [
        f"Trial {trial.number} over {REPEATS} new seeds: {sweep.metric} "
        f"{number(fmean(_values(trial)))} ± {number(stdev(_values(trial)))} (mean, deviation)."
        for trial in found
    ]
    return [*told, *([_verdict(sweep, found[0], found[1])] if len(found) > 1 else [])]


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
