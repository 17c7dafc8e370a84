"""Two to eight runs side by side: what differs in their Experiments, and what came of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.edits import shown
from tui_lab.experiment.experiment import Experiment
from tui_lab.runs.compare import differences
from tui_lab.runs.curves import Curves
from tui_lab.runs.going_on import experiment_now
from tui_lab.runs.metrics import is_better_high
from tui_lab.runs.report import number
from tui_lab.runs.run import Run, Tail

LETTERS = "ABCDEFGH"
EVENTS_A_PORTION = 500


@dataclass(frozen=True)
class Contender:
    """One of the runs that are compared, by its letter."""

    letter: str
    run: Run
    name: str
    state: str
    experiment: Experiment
    summary: dict[str, Any]
    curves: Curves

    @property
    def label(self) -> str:
        """`B (transferred)`."""
        return f"{self.letter} ({self.name})"

    @property
    def test(self) -> dict[str, float | None]:
        """The metrics on the test rows, empty while there are none."""
        return self.summary.get("test") or {}


def contenders(runs: Sequence[Run]) -> list[Contender]:
    """The runs as they are now; `BadInput` if there are too few, too many, or one can't be read."""
    runs = list(dict.fromkeys(runs))
    if not 2 <= len(runs) <= len(LETTERS):
        raise BadInput(f"two to {len(LETTERS)} runs can be compared, not {len(runs)}")
    return [_contender(letter, run) for letter, run in zip(LETTERS, runs, strict=False)]


def _contender(letter: str, run: Run) -> Contender:
    state = run.status()["state"]
    curves, tail = Curves(), Tail(run)
    while events := tail.new(EVENTS_A_PORTION):
        curves.add(events)
    name = run.about.name or run.id
    return Contender(letter, run, name, state, experiment_now(run), run.summary(), curves)


def settings_that_differ(them: Sequence[Contender]) -> dict[str, list[Any]]:
    """The values of each key that differs, one for each contender."""
    return differences([one.experiment for one in them])


def effects(them: Sequence[Contender]) -> dict[str, list[float | None]]:
    """What came of it: validation at its best and at last, test, epochs, seconds, parameters."""
    metrics = dict.fromkeys(("loss", *(one.curves.metric for one in them if one.curves.metric)))
    found: dict[str, list[float | None]] = {}
    for metric in metrics:
        found[f"best validation {metric}"] = [_best(one, metric) for one in them]
        found[f"last validation {metric}"] = [_last(one, metric) for one in them]
    for metric in dict.fromkeys(name for one in them for name in one.test):
        found[f"test {metric}"] = [one.test.get(metric) for one in them]
    found["epochs"] = [max(one.curves.epochs, default=0) for one in them]
    found["seconds"] = [one.summary.get("seconds") for one in them]
    found["parameters"] = [_parameters(one) for one in them]
    return found


def _validation(one: Contender, metric: str) -> list[float]:
    kept = one.curves.values.get(f"validation {metric}")
    return [value for value in kept.y if math.isfinite(value)] if kept else []


def _best(one: Contender, metric: str) -> float | None:
    best = max if is_better_high(metric) else min
    return best(_validation(one, metric), default=None)


def _last(one: Contender, metric: str) -> float | None:
    return next(iter(_validation(one, metric)[-1:]), None)


def _parameters(one: Contender) -> int | None:
    parameters = one.summary.get("parameters")
    return parameters["total"] if parameters else None


def table(them: Sequence[Contender], width: int = 30) -> list[list[str]]:
    """What differs, then what came of it, as rows of text; no value is wider than `width`."""
    settings = {key: map(shown, values) for key, values in settings_that_differ(them).items()}
    results = {key: map(_told, values) for key, values in effects(them).items()}
    rows = [[visible(key), *(visible(value, width) for value in values)]
            for key, values in (*settings.items(), *results.items())]  # fmt: skip
    return [["", *(one.letter for one in them)], *rows]


def _told(value: float | None) -> str:
    return f"{value:,}" if isinstance(value, int) else number(value)
