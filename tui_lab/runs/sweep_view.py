"""A sweep as a screen shows it: read again and again, only what is new of its trials."""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.repeats import to_repeat
from tui_lab.runs.report import number
from tui_lab.runs.run import ENDED, Tail
from tui_lab.runs.status import Status
from tui_lab.runs.sweep_run import Asked, Attempts, SweepRun
from tui_lab.runs.sweep_watch import seconds_left
from tui_lab.runs.trials import Attempt, Trial, ranked, trials_of
from tui_lab.runs.watch import clock

ICONS = {"running": "▶", "finished": "✓", "stopped": "■", "queued": "…"}


@dataclass(frozen=True)
class View:
    """How a sweep is at one moment."""

    id: str
    sweep: Sweep
    status: Status
    trials: list[Trial]
    """The best first."""
    live: list[Attempt]
    wanted: int

    @property
    def state(self) -> str:
        """The state, such as `running`."""
        return str(self.status["state"])

    @cached_property
    def best_two(self) -> list[int]:
        """The numbers of the trials that can be repeated."""
        return to_repeat(self.trials, self.sweep)

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
        self._trials: list[Trial] = []

    def view(self) -> View:
        """How it is by now."""
        status = self.run.status()
        for request in self._control.new():
            self._asked.hear(request)
        if new := list(self._tail.new()):
            self._attempts += new
            self._trials = ranked(trials_of(self._attempts, self.sweep.seeds), self.sweep)
        is_over = status["state"] in ENDED
        told = {key: status[key] for key in TOLD if key in status}
        told["seconds"] = round(told.get("seconds", 0))
        live = [] if is_over else self.run.live()
        return View(self.run.id, self.sweep, told, self._trials, live, self._asked.trials)


MOST_CURVES = 200
"""Of the best trials; more would only fill the picture."""
Curve = tuple[list[float], list[float]]


def thin_curves(view: View) -> Curve:
    """The curves of the trials, with gaps between them; what lies far above most is left out."""
    attempts = [*(trial.attempts[0] for trial in view.trials[:MOST_CURVES]), *view.live]
    top = ceiling(view)
    x: list[float] = []
    y: list[float] = []
    for attempt in attempts:
        x += [epoch for epoch, _ in attempt.curve]
        y += [value if value <= top else math.nan for _, value in attempt.curve]
        x.append(x[-1] if x else 0)
        y.append(math.nan)
    return x, y


def thick_curve(view: View, row: Trial | Attempt) -> Curve:
    """The curve of one trial, cut off like the others."""
    curve = row.curve if isinstance(row, Attempt) else row.attempts[0].curve
    top = ceiling(view)
    return [epoch for epoch, _ in curve], [y if y <= top else math.nan for _, y in curve]


def ceiling(view: View) -> float:
    """Above this a loss is so high that it would flatten all other curves."""
    attempts = [*(trial.attempts[0] for trial in view.trials), *view.live]
    firsts = [attempt.curve[0][1] for attempt in attempts if attempt.curve]
    return 1.5 * median(firsts) if firsts and view.sweep.metric != "accuracy" else math.inf
