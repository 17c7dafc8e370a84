"""A sweep as a screen shows it: read again and again, only what is new of its trials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.effects import Effect, effects
from tui_lab.runs.fewer import fewer
from tui_lab.runs.heat import Graded, graded
from tui_lab.runs.repeats import repeats_told, to_repeat
from tui_lab.runs.report import number
from tui_lab.runs.run import ENDED, Tail
from tui_lab.runs.status import Status
from tui_lab.runs.sweep_run import Asked, Attempts, SweepRun
from tui_lab.runs.sweep_watch import seconds_left
from tui_lab.runs.trials import Attempt, Point, Trial, ranked, trials_of
from tui_lab.runs.watch import clock

ICONS = {"running": "▶", "finished": "✓", "stopped": "■", "queued": "…"}


MOST_CURVES, MOST_POINTS = 200, 4_000
"""Of the best trials, and of all their thin curves; more would take long and fill the picture."""
Curve = tuple[list[float], list[float]]


@dataclass(frozen=True, eq=False)
class Results:
    """All that is made of the trials that have ended; new ones only when another trial ends."""

    trials: list[Trial]
    """The best first."""
    ranks: dict[int, int]
    """From 1 for the best on, by the trial's number."""
    best_two: list[int]
    effects: list[Effect]
    repeats: list[str]
    """Sentences on the repetitions."""
    graded: list[Graded]
    """For the map of two settings."""


def results_of(attempts: Sequence[Attempt], sweep: Sweep) -> Results:
    """What is made of trainings; of thousands of them it takes a good part of a second."""
    trials = ranked(trials_of(attempts, sweep.seeds), sweep)
    return Results(
        trials,
        {trial.number: rank for rank, trial in enumerate(trials, start=1)},
        to_repeat(trials, sweep),
        effects(trials, sweep),
        repeats_told(trials, sweep),
        graded(trials, sweep),
    )


@dataclass(frozen=True)
class View:
    """How a sweep is at one moment, with all that takes long to make of it."""

    id: str
    sweep: Sweep
    status: Status
    results: Results
    live: list[Attempt]
    wanted: int
    has_work: bool
    """Whether it is over, but not all that was asked for is there."""
    top: float
    """Where curves are cut off."""
    thin: Curve
    """The curves of the trials, with gaps between them."""

    @property
    def trials(self) -> list[Trial]:
        """Those that have ended, the best first."""
        return self.results.trials

    @property
    def best_two(self) -> list[int]:
        """The numbers of the trials that can be repeated."""
        return self.results.best_two

    @property
    def state(self) -> str:
        """The state, such as `running`."""
        return str(self.status["state"])

    @property
    def is_over(self) -> bool:
        """Whether nobody works on it."""
        return self.state in ENDED

    def told(self) -> str:
        """`▶ running 12/30 · best loss 0.0687 (trial 8) · 0:12 left`."""
        done, seconds = len(self.trials), self.status.get("seconds", 0)
        parts = [f"{ICONS.get(self.state, '✗')} {self.state} {done}/{self.wanted}"]
        if self.trials and (best := self.trials[0]).value is not None:
            parts.append(f"best {self.sweep.metric} {number(best.value)} (trial {best.number})")
        left = 0 if self.is_over else seconds_left(seconds, done, self.wanted)
        if left:
            parts.append(f"{clock(left)} left")
        elif done >= self.wanted and not self.is_over:
            parts.append("repeating")
        else:
            parts += [str(self.status["why"])] if self.status.get("why") else [clock(seconds)]
        return " · ".join(parts)


TOLD = ("state", "seconds", "why", "workers")


class Reader:
    """Reads one sweep; `BadInput` if it isn't one."""

    def __init__(self, run: SweepRun) -> None:
        self.run, self.sweep = run, run.sweep
        self._tail, self._control = Attempts(run), Tail(run, "control.jsonl", "do")
        self._asked = Asked(self.sweep.count)
        self._attempts: list[Attempt] = []
        self._results = results_of([], self.sweep)
        self._view: View | None = None

    def view(self) -> View:
        """How it is by now; the very view of before if nothing has changed."""
        status = self.run.status()
        for request in self._control.new():
            self._asked.hear(request)
        if new := list(self._tail.new()):
            self._attempts += new
            self._results = results_of(self._attempts, self.sweep)
        is_over = status["state"] in ENDED
        told = {key: status[key] for key in TOLD if key in status}
        told["seconds"] = round(told.get("seconds", 0))
        live = [] if is_over else self.run.live()
        view = View(
            self.run.id, self.sweep, told, self._results, live, self._asked.trials,
            is_over and self._asked.lacks(self._attempts, self.sweep.seeds), *self._curves(live),
        )  # fmt: skip
        if view != self._view:
            self._view = view
        return self._view

    def _curves(self, live: list[Attempt]) -> tuple[float, Curve]:
        """Where curves are cut off, and the thin ones: those of before if they are the same."""
        before = self._view
        if before and before.results is self._results and before.live == live:
            return before.top, before.thin
        trials = self._results.trials
        top = ceiling(trials, live, self.sweep)
        return top, thin_curves(trials, live, top)


def thin_curves(trials: Sequence[Trial], live: Sequence[Attempt], top: float) -> Curve:
    """The curves of the best trials and those that go on, with gaps between them, cut off.

    Of a trial with several seeds it is that of the first.
    """
    attempts = [*(trial.attempts[0] for trial in trials[:MOST_CURVES]), *live]
    most = max(MOST_POINTS // max(len(attempts), 1), 2)
    x: list[float] = []
    y: list[float] = []
    for attempt in attempts:
        across, up = cut_off(fewer(attempt.curve, most), top)
        x += across
        y += up
        x.append(x[-1] if x else 0)
        y.append(math.nan)
    return x, y


def thick_curves(row: Trial | Attempt) -> list[Curve]:
    """The whole curves of one trial, one for each of its seeds."""
    attempts = row.attempts if isinstance(row, Trial) else (row,)
    return [cut_off(attempt.curve, math.inf) for attempt in attempts]


def cut_off(curve: Sequence[Point], top: float) -> Curve:
    """A curve for the chart; what lies far above most is left out."""
    return [epoch for epoch, _ in curve], [y if y <= top else math.nan for _, y in curve]


def ceiling(trials: Sequence[Trial], live: Sequence[Attempt], sweep: Sweep) -> float:
    """Above this a loss is so high that it would flatten all other curves."""
    if sweep.metric == "accuracy":
        return math.inf
    attempts = [*(trial.attempts[0] for trial in trials), *live]
    firsts = [attempt.curve[0][1] for attempt in attempts if attempt.curve]
    return 1.5 * median(firsts) if firsts else math.inf
