"""Places of trials and of numbers, in which equal ones share the mean of theirs."""

from collections.abc import Sequence
from typing import Any

from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.trials import Trial, standing


def mean_places(values: Sequence[Any]) -> list[float]:
    """From 0 for the least on."""
    order = sorted(range(len(values)), key=values.__getitem__)
    places = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            places[index] = (start + end) / 2
        start = end + 1
    return places


def places_of(trials: Sequence[Trial], sweep: Sweep) -> list[float]:
    """From 0 for the best on; those without a value share the last ones."""
    return mean_places([standing(trial, sweep) for trial in trials])
