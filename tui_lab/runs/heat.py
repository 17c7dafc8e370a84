"""How good trials are over two of their settings, as a picture that fills in."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from pydantic import JsonValue

from tui_lab.experiment.ranges import Choice, Grid, LogUniform, Range
from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.places import places_of
from tui_lab.runs.trials import Trial

MOST = 300
"""So many trials are drawn at most, the best and the worst ones."""
DIM = 0.45
"""How bright a place is that only has a trial near it."""
Picture = list[list[tuple[float, bool] | None]]
"""From top to bottom: how good, from 0 to 1, and whether there is a trial at that very place."""


@dataclass(frozen=True)
class Spot:
    """A trial in the picture: from 0 to 1 to the right and up, and how good it is."""

    x: float
    y: float
    goodness: float


Graded = tuple[dict[str, JsonValue], float]
"""What a trial gives to the settings, and how good it is: from 0 to 1."""


def graded(trials: Sequence[Trial], sweep: Sweep) -> list[Graded]:
    """Trials for the picture, given the best first; how good is by rank: one bad loss hides none.

    It is what takes long of many trials, and the same for all settings and sizes of the picture.
    """
    order = [trial for trial in trials if trial.state not in ("stopped", "failed")]
    last = max(sum(trial.value is not None for trial in order), 1)
    found = [
        (trial.settings, max(1 - place / last, 0.0))
        for place, trial in zip(places_of(order, sweep), order, strict=True)
    ]
    return found if len(found) <= MOST else [*found[: MOST // 2], *found[-MOST // 2 :]]


def position(found: Range, value: JsonValue) -> float:
    """Where a value lies in its range, from 0 to 1."""
    if isinstance(found, Choice | Grid):
        places = list(found.values)
        return (places.index(value) + 0.5) / len(places) if value in places else 0.5
    low, high = found.ends
    if not all(isinstance(x, int | float) for x in (low, high, value)):
        return 0.5
    numbers = [float(x) for x in (low, high, value) if isinstance(x, int | float)]
    if isinstance(found, LogUniform):
        numbers = [log(max(number, 1e-300)) for number in numbers]
    return min(max((numbers[2] - numbers[0]) / (numbers[1] - numbers[0]), 0.0), 1.0)


def spots(found: Sequence[Graded], sweep: Sweep, across: str, up: str) -> list[Spot]:
    """Trials by two settings."""
    x, y = sweep.settings[across], sweep.settings[up]
    return [
        Spot(position(x, settings.get(across)), position(y, settings.get(up)), goodness)
        for settings, goodness in found
    ]


def filled(found: Sequence[Spot], width: int, height: int) -> Picture:
    """Each place has the mean of its trials, or else that of one that is near."""
    at: dict[tuple[int, int], list[float]] = {}
    for spot in found:
        place = round(spot.x * (width - 1)), round((1 - spot.y) * (height - 1))
        at.setdefault(place, []).append(spot.goodness)
    picture: Picture = [[None] * width for _ in range(height)]
    for (x, y), values in at.items():
        picture[y][x] = (sum(values) / len(values), True)
    _spread(picture, deque(at))
    return picture


def _spread(picture: Picture, places: "deque[tuple[int, int]]") -> None:
    """Gives every place what the first place beside it has, from the trials outwards."""
    while places:
        x, y = places.popleft()
        place = picture[y][x]
        for to_x, to_y in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            inside = 0 <= to_y < len(picture) and 0 <= to_x < len(picture[0])
            if inside and place and picture[to_y][to_x] is None:
                picture[to_y][to_x] = (place[0], False)
                places.append((to_x, to_y))
