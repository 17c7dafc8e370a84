"""A few pictures of each class, to look at."""

from dataclasses import dataclass

import numpy as np

from tui_lab.data.table import Table

HOW_MANY = 60
Pixel = float | tuple[float, float, float]


@dataclass(frozen=True)
class Sample:
    """A picture's class, and its rows of pixels from 0 for dark to 1 for bright."""

    name: str
    pixels: tuple[tuple[Pixel, ...], ...]


def samples(table: Table, how_many: int = HOW_MANY) -> tuple[Sample, ...]:
    """Rows drawn with a seed, the classes in turn; none if the rows are no pictures."""
    if table.facts.picture is None:
        return ()
    order = np.random.default_rng(0).permutation(len(table.y))
    turn = np.zeros(len(order), np.int64)
    for number in range(len(table.facts.classes)):
        own = table.y[order] == number
        turn[own] = np.arange(own.sum())
    chosen = order[np.lexsort((table.y[order], turn))][:how_many]
    numbers = table.features.iloc[chosen].to_numpy(np.float64)
    brightest = max(float(numbers.max()), 1.0)
    return tuple(
        Sample(_name(table, row), _pixels(values / brightest, table.facts.picture))
        for row, values in zip(chosen, numbers, strict=True)
    )


def _name(table: Table, row: int) -> str:
    y = table.y[row]
    return table.facts.classes[int(y)] if table.facts.classes else f"{y:g}"


def _pixels(values: np.ndarray, shape: tuple[int, ...]) -> tuple[tuple[Pixel, ...], ...]:
    picture = np.nan_to_num(values).reshape(shape)
    if len(picture) != 3:
        return tuple(map(tuple, picture[0].tolist()))
    return tuple(tuple(map(tuple, row)) for row in np.moveaxis(picture, 0, 2).tolist())
