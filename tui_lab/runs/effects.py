"""What each setting of a sweep did: whether more of it went with a better or a worse result."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from pydantic import JsonValue

from tui_lab.experiment.ranges import Range
from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.trials import Trial, ranked

FEWEST = 6
"""Below so many trials a correlation says nothing."""


@dataclass(frozen=True)
class Effect:
    """One setting: a rank correlation if it holds numbers, else the best of its values."""

    key: str
    correlation: float | None = None
    """Spearman's, of the setting with how good the trial is: 1 if more is always better."""
    best: JsonValue = None
    """The value whose trials were best in the mean of their ranks."""
    worst: JsonValue = None

    trials: int = 0
    """Over how many."""

    @property
    def told(self) -> str:
        """What it did in a few words; a correlation that chance would bring, too, is none."""
        if self.correlation is None:
            return f"best {self.best}, worst {self.worst}" if self.best != self.worst else "–"
        if abs(self.correlation) < 2 / sqrt(self.trials - 1):
            return f"nothing to be seen in {self.trials} trials"
        return f"{'more' if self.correlation > 0 else 'less'} is better"


def effects(trials: Sequence[Trial], sweep: Sweep) -> list[Effect]:
    """The effect of each setting, over all trials that were not taken out by hand."""
    order = [trial for trial in ranked(trials, sweep) if trial.state not in ("stopped", "failed")]
    if len(order) < FEWEST:
        return []
    return [_effect(key, found, order) for key, found in sweep.settings.items()]


def _effect(key: str, found: Range, order: Sequence[Trial]) -> Effect:
    values = [trial.settings.get(key) for trial in order]
    goodness = _ranks([-float(place) for place in _places(order)])
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return Effect(key, _correlation(_ranks(numbers), goodness), trials=len(order))
    means = {repr(v): fmean(g for w, g in zip(values, goodness, strict=True) if w == v)
             for v in values}  # fmt: skip
    by_mean = sorted(values, key=lambda value: means[repr(value)])
    return Effect(key, None, by_mean[-1], by_mean[0], len(order))


def _places(order: Sequence[Trial]) -> list[int]:
    """Ranks from the best on; those without a value share the last one."""
    last = sum(trial.value is not None for trial in order)
    return [min(place, last) for place in range(len(order))]


def _ranks(values: Sequence[float]) -> list[float]:
    """From 1 for the least; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Pearson's; 0 where one of them never varies."""
    mean_a, mean_b = fmean(a), fmean(b)
    both = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return both / spread if spread else 0.0
