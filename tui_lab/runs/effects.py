"""What each setting of a sweep did: whether more of it went with a better or a worse result."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from pydantic import JsonValue

from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.places import mean_places, places_of
from tui_lab.runs.trials import Trial, ranked

FEWEST = 6
"""Below so many trials a correlation says nothing."""
QUARTERS = 4
NORMAL = 1.645
"""What a normal number exceeds in one of 20 cases."""


@dataclass(frozen=True)
class Effect:
    """One setting: a rank correlation if it holds numbers, else the best of its values."""

    key: str
    correlation: float | None = None
    """Spearman's, of the setting with how good the trial is: 1 if more is always better."""
    best: JsonValue = None
    """The value whose trials were best in the mean of their ranks."""
    worst: JsonValue = None
    is_seen: bool = True
    """Whether chance alone would hardly bring it."""
    by_chance: float = 0.0
    """The correlation that chance alone may bring."""
    hill: tuple[float, float] | None = None
    """From where to where it is best, if neither more nor less always is."""

    @property
    def told(self) -> str:
        """What it did in a few words; what chance would bring, too, is nothing."""
        if self.correlation is None:
            seen = f"best {self.best}, worst {self.worst}" if self.is_seen else "nothing to be seen"
            return seen if self.best != self.worst else "–"
        if self.hill:
            return f"best from {self.hill[0]:.2g} to {self.hill[1]:.2g}"
        if not self.is_seen:
            return f"nothing to be seen (by chance ±{self.by_chance:.2f})"
        return f"{'more' if self.correlation > 0 else 'less'} is better"


def effects(trials: Sequence[Trial], sweep: Sweep) -> list[Effect]:
    """The effect of each setting, over all trials that were not taken out by hand."""
    order = [trial for trial in ranked(trials, sweep) if trial.state not in ("stopped", "failed")]
    if len(order) < FEWEST:
        return []
    goodness = [-place for place in places_of(order, sweep)]
    return [
        _effect(key, [trial.settings.get(key) for trial in order], goodness)
        for key in sweep.settings
    ]


def _effect(key: str, values: Sequence[JsonValue], goodness: Sequence[float]) -> Effect:
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        correlation = _correlation(mean_places(numbers), goodness)
        by_chance = 2 / sqrt(len(values) - 1)
        is_seen = abs(correlation) >= by_chance
        hill = None if is_seen else _hill(numbers, goodness)
        return Effect(key, correlation, is_seen=is_seen, by_chance=by_chance, hill=hill)
    groups: dict[str, list[float]] = defaultdict(list)
    for value, good in zip(values, goodness, strict=True):
        groups[repr(value)].append(good)
    by_mean = sorted(values, key=lambda value: fmean(groups[repr(value)]))
    return Effect(key, None, by_mean[-1], by_mean[0], _differ(list(groups.values())))


def _hill(numbers: Sequence[float], goodness: Sequence[float]) -> tuple[float, float] | None:
    """The least and largest number of the best quarter of them, if quarters differ."""
    quarters: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for place, value, good in zip(mean_places(numbers), numbers, goodness, strict=True):
        quarters[int(QUARTERS * place / len(numbers))].append((value, good))
    if not _differ([[good for _, good in quarter] for quarter in quarters.values()]):
        return None
    best = max(quarters.values(), key=lambda quarter: fmean(good for _, good in quarter))
    return min(best)[0], max(best)[0]


def _differ(groups: Sequence[Sequence[float]]) -> bool:
    """Whether ranks differ more between groups than by chance in one of 20 cases.

    The test of Kruskal and Wallis (1952), with Wilson and Hilferty's bound of chi-squared.
    """
    every = [rank for group in groups for rank in group]
    mean, free = fmean(every), len(groups) - 1
    spread = sum((rank - mean) ** 2 for rank in every) / (len(every) - 1)
    if not spread or not free:
        return False
    between = sum(len(group) * (fmean(group) - mean) ** 2 for group in groups) / spread
    part = 2 / (9 * free)
    return between > free * (1 - part + NORMAL * sqrt(part)) ** 3


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Pearson's; 0 where one of them never varies."""
    mean_a, mean_b = fmean(a), fmean(b)
    both = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return both / spread if spread else 0.0
