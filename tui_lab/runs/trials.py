"""The trials of a sweep as they are read from its directory, and their ranking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from tui_lab.experiment.sweep import Sweep

Count = Annotated[int, Field(ge=0, lt=2**53)]
Point = Annotated[tuple[Count, float], Field(strict=False)]
ENDS = ("failed", "diverged", "stopped", "dropped", "finished")
"""How a training may end, the worst first."""
STOPPED = "it was stopped, as asked"


class Attempt(BaseModel):
    """One training of a trial, which has as many as it has seeds."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    trial: Annotated[int, Field(ge=1, lt=2**53)]
    seed: Count = 0
    """What is added to the Experiment's own."""
    settings: dict[str, JsonValue]
    state: Literal["running", "failed", "diverged", "stopped", "dropped", "finished"]
    why: str = ""
    value: float | None = None
    best_epoch: Count = 0
    epochs: Count = 0
    rungs: list[float] = []
    curve: list[Point] = []
    """The metric of epochs, few enough to be drawn."""
    seconds: Annotated[float, Field(ge=0)] = 0.0


def attempt_in(line: dict[str, Any]) -> Attempt | None:
    """The training that a line tells of; None if it makes no sense."""
    try:
        return Attempt.model_validate(line)
    except ValidationError:
        return None


def live_in(found: dict[str, Any]) -> list[Attempt]:
    """The trainings that go on, by what live.json holds."""
    lines = found.get("running")
    attempts = (attempt_in(line) for line in (lines if isinstance(lines, list) else ()))
    return [attempt for attempt in attempts if attempt is not None]


@dataclass(frozen=True)
class Trial:
    """One draw: its settings, its trainings, and what came of them."""

    number: int
    attempts: tuple[Attempt, ...]
    """Of the seeds that count for the ranking."""
    repeats: tuple[Attempt, ...] = ()
    """Of further seeds."""

    @property
    def settings(self) -> dict[str, JsonValue]:
        """What was drawn."""
        return self.attempts[0].settings

    @cached_property
    def state(self) -> str:
        """The worst of its trainings."""
        return min((attempt.state for attempt in self.attempts), key=ENDS.index)

    @property
    def why(self) -> str:
        """What is to be said of how it ended."""
        return next((attempt.why for attempt in self.attempts if attempt.why), "")

    @cached_property
    def value(self) -> float | None:
        """The mean of its trainings' metric; None if one has none."""
        values = [attempt.value for attempt in self.attempts]
        return None if None in values else fmean(v for v in values if v is not None)

    @property
    def deviation(self) -> float | None:
        """By how much its seeds differ; None of a single one."""
        values = [attempt.value for attempt in self.attempts if attempt.value is not None]
        return stdev(values) if len(values) == len(self.attempts) > 1 else None

    @property
    def epochs(self) -> int:
        """How many epochs its longest training took."""
        return max(attempt.epochs for attempt in self.attempts)

    @property
    def seconds(self) -> float:
        """How long its trainings took together."""
        return sum(attempt.seconds for attempt in self.attempts)


def trials_of(attempts: Iterable[Attempt], seeds: int) -> list[Trial]:
    """The trials all of whose trainings have ended, by number; of a double one the first counts."""
    by_trial: dict[int, dict[int, Attempt]] = {}
    for attempt in attempts:
        if attempt.state != "running":
            by_trial.setdefault(attempt.trial, {}).setdefault(attempt.seed, attempt)
    return [
        Trial(number, _those(found, 0, seeds), _those(found, seeds, 2**53))
        for number, found in sorted(by_trial.items())
        if all(seed in found for seed in range(seeds))
    ]


def _those(found: dict[int, Attempt], first: int, stop: int) -> tuple[Attempt, ...]:
    return tuple(found[seed] for seed in sorted(found) if first <= seed < stop)


def standing(trial: Trial, sweep: Sweep) -> tuple[int, int, float]:
    """What trials are ranked by, the least first; that of trials equally good is the same."""
    if trial.value is None:
        return (2, 0, 0.0)
    value = -trial.value if sweep.metric == "accuracy" else trial.value
    return (0, 0, value) if trial.state == "finished" else (1, -trial.epochs, value)


def ranked(trials: Sequence[Trial], sweep: Sweep) -> list[Trial]:
    """The best first; what was not trained to its end comes behind, what has no value last.

    Of what was not trained to its end, the trials that came further are the better ones.
    """

    def place(trial: Trial) -> tuple[tuple[int, int, float], int, int]:
        return (standing(trial, sweep), -ENDS.index(trial.state), trial.number)

    return sorted(trials, key=place)
