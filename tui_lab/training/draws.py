"""What a trial of a sweep gives to the settings: by the sweep's seed and the trial's number."""

from collections.abc import Callable
from math import log10
from typing import Any

import numpy as np
from pydantic import JsonValue

from tui_lab.experiment.ranges import Choice, Grid, Integers, LogUniform, Range, Uniform
from tui_lab.experiment.sweep import Sweep

DIGITS = 4
"""How many digits of a number count, so that what is shown is what was trained."""


def drawn(sweep: Sweep, number: int) -> dict[str, JsonValue]:
    """The settings of a trial, counted from 1; they depend on no other trial."""
    if sweep.method == "grid":
        return _point(sweep, number - 1)
    random = generator(sweep, number)
    return {key: DRAWS[type(found)](random, found) for key, found in sweep.settings.items()}


def generator(sweep: Sweep, number: int) -> np.random.Generator:
    """The random numbers of a trial, which are independent of those of every other one."""
    return np.random.default_rng(np.random.SeedSequence(sweep.seed, spawn_key=(number,)))


def _point(sweep: Sweep, place: int) -> dict[str, JsonValue]:
    """A point of the grid; the last setting changes from one to the next."""
    found: dict[str, JsonValue] = {}
    for key, grid in reversed(sweep.settings.items()):
        assert isinstance(grid, Grid)
        place, index = divmod(place, len(grid.values))
        found[key] = grid.values[index]
    return {key: found[key] for key in sweep.settings}


def _uniform(random: np.random.Generator, found: Uniform) -> float:
    return rounded(random.uniform(*found.bounds), *found.bounds)


def _log_uniform(random: np.random.Generator, found: LogUniform) -> float:
    low, high = np.log10(found.bounds)
    return rounded(10 ** random.uniform(low, high), *found.bounds)


def _integer(random: np.random.Generator, found: Integers) -> int:
    return int(random.integers(*found.bounds, endpoint=True))


def _choice(random: np.random.Generator, found: Choice) -> JsonValue:
    value: JsonValue = found.values[int(random.integers(len(found.values)))]
    return value


DRAWS: dict[type[Range], Callable[[np.random.Generator, Any], JsonValue]] = {
    Uniform: _uniform,
    LogUniform: _log_uniform,
    Integers: _integer,
    Choice: _choice,
}


def rounded(value: float, low: float, high: float) -> float:
    """A number of few digits that lies between the bounds; narrow ones leave it more."""
    narrow = max(abs(low), abs(high)) / (high - low)
    digits = DIGITS + int(log10(max(narrow, 1)))
    return min(max(float(f"{value:.{digits}g}"), low), high)
