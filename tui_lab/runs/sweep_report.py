"""A sweep's leaderboard as plain text and as data."""

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from tui_lab.errors import visible
from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.effects import effects
from tui_lab.runs.repeats import repeats_told
from tui_lab.runs.report import COLUMNS, aligned, number
from tui_lab.runs.run import ENDED
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.runs.trials import Trial, ranked
from tui_lab.runs.watch import clock

VALUE_WIDTH = 24


def short(value: JsonValue, width: int = VALUE_WIDTH) -> str:
    """A drawn value in few characters; of a number fewer digits where there is less room."""
    if isinstance(value, float):
        texts = (f"{value:.{digits}g}".replace("e-0", "e-") for digits in range(10, 0, -1))
        return next((text for text in texts if len(text) <= width), f"{value:.1g}")
    text = value if isinstance(value, str) else json.dumps(value)
    return visible(text, VALUE_WIDTH)


def seconds_told(seconds: float) -> str:
    """`12.3` or `0.015`: small networks train in less than a tenth."""
    return f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.2g}"


def names(keys: Sequence[str]) -> list[str]:
    """The settings by the last part of their keys, or by the whole where that says too little."""
    last = [key.rpartition(".")[2] for key in keys]
    alone = [not key.startswith("layers.") and last.count(name) == 1
             for key, name in zip(keys, last, strict=True)]  # fmt: skip
    return [visible(name if own else key, VALUE_WIDTH)
            for key, name, own in zip(keys, last, alone, strict=True)]  # fmt: skip


def table(trials: list[Trial], sweep: Sweep) -> list[list[str]]:
    """Rank, trial, settings, metric, epochs, seconds and state, the best first."""
    keys, has_seeds = list(sweep.settings), sweep.seeds > 1
    heads = ["", "trial", *names(keys), sweep.metric, *["±"] * has_seeds,
             "epochs", "seconds", "state"]  # fmt: skip
    rows = [
        [str(rank), str(trial.number), *(short(trial.settings.get(key)) for key in keys),
         number(trial.value), *[number(trial.deviation)] * has_seeds,
         str(trial.epochs), seconds_told(trial.seconds), trial.state]
        for rank, trial in enumerate(ranked(trials, sweep), start=1)
    ]  # fmt: skip
    return [heads, *rows]


def report(run: SweepRun) -> str:
    """How a sweep stands, its leaderboard, and what each setting did."""
    status, sweep, trials = run.status(), run.sweep, run.trials()
    wanted = run.asked().trials
    of = f"{len(trials)} of {wanted}" if len(trials) != wanted else f"{wanted}"
    seconds = clock(status.get("seconds", 0))
    lines = [f"{run.id}: {status['state']}, {of} trials in {seconds}"]
    lines += _wrapped([str(status["why"])] if status.get("why") else [])
    if trials:
        lines += ["", aligned(table(trials, sweep)), *_effects(trials, sweep)]
        lines += ["", *_wrapped(said(trials, sweep)), *_next(trials, sweep, run.id)]
    if status["state"] in ENDED and status["state"] != "finished":
        lines.append(f"tui-lab sweep {run.id} goes on.")
    return "\n".join(lines)


def _effects(trials: list[Trial], sweep: Sweep) -> list[str]:
    found = effects(trials, sweep)
    if not found:
        return []
    rows = [
        [visible(one.key), "" if one.correlation is None else f"{one.correlation:+.2f}",
         visible(one.told)]
        for one in found
    ]  # fmt: skip
    head = ["setting", "rank correlation", "what it did"]
    return ["", aligned([head, *rows])]


def said(trials: list[Trial], sweep: Sweep) -> list[str]:
    """How to read the leaderboard."""
    best = ranked(trials, sweep)[0]
    if best.value is None:
        return [f"No trial came to a result. Trial {best.number}: {best.why}."]
    told = [
        f"The {sweep.metric} is that on the validation rows in the epoch of the least validation "
        "loss. The best of many is better by luck, too: repeat it, then train it on its own; only "
        "that looks at the test rows."
    ]
    if sweep.seeds > 1:
        mean = f"Each {sweep.metric} is the mean over {sweep.seeds} seeds"
        told.append(f"{mean}; ± is their standard deviation.")
    diverged = sum(trial.state == "diverged" for trial in trials)
    told += [f"{diverged} of {len(trials)} trials diverged; they come last."] if diverged else []
    return told + repeats_told(trials, sweep)


def _next(trials: list[Trial], sweep: Sweep, id: str) -> list[str]:
    """Commands to copy, each on a line of its own."""
    best = ranked(trials, sweep)[0]
    if best.value is None:
        return []
    repeat = [] if any(t.repeats for t in trials) else [f"  tui-lab sweep {id} --repeat"]
    return ["Next:", *repeat, f"  tui-lab sweep {id} --promote {best.number}"]


def _wrapped(sentences: list[str]) -> list[str]:
    return [line for text in sentences for line in textwrap.wrap(visible(text), COLUMNS)]


def result(run: SweepRun) -> dict[str, Any]:
    """What `--json` prints."""
    status, sweep, trials = run.status(), run.sweep, run.trials()
    return {
        "sweep": run.id,
        "state": status["state"],
        **({"why": status["why"]} if status.get("why") else {}),
        "metric": sweep.metric,
        "trials_asked": run.asked().trials,
        "seconds": status.get("seconds", 0),
        "workers": status.get("workers", 0),
        "trials": [_told(rank, t) for rank, t in enumerate(ranked(trials, sweep), start=1)],
        "effects": {one.key: _effect(one.correlation, one.best) for one in effects(trials, sweep)},
    }


def _effect(correlation: float | None, best: JsonValue) -> dict[str, JsonValue]:
    return {"best": best} if correlation is None else {"rank_correlation": correlation}


def _told(rank: int, trial: Trial) -> dict[str, Any]:
    return {
        "rank": rank,
        "trial": trial.number,
        "settings": trial.settings,
        "value": trial.value,
        "state": trial.state,
        **({"why": trial.why} if trial.why else {}),
        "epochs": trial.epochs,
        "best_epochs": [attempt.best_epoch for attempt in trial.attempts],
        "values": [attempt.value for attempt in trial.attempts],
        "repeats": [attempt.value for attempt in trial.repeats],
        "seconds": round(trial.seconds, 3),
    }
