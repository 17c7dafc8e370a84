"""Pictures as every reader of them gives them, and what all of them must be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tui_lab.errors import BadInput, Fixable
from tui_lab.experiment.pictures import MOST_NUMBERS
from tui_lab.experiment.shape import written_shape

BIGGEST_PROPOSED = 64
OTHER_RANGE = 100
"""Splits whose largest numbers differ so many times are not on one scale, as 0 … 1 and 0 … 255."""
Items = TypeVar("Items", bound=Sequence[Any] | np.ndarray)


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one size, and their classes."""

    pixels: np.ndarray
    """(rows, channels, height, width), uint8 or float32."""
    y: np.ndarray
    """(rows,) class numbers, int64."""
    classes: tuple[str, ...]
    part: np.ndarray
    """(rows,) where rows have to be, as in `split`."""
    notes: tuple[str, ...] = ()


def chosen(items: Items, rows: tuple[int, int] | None, path: Path) -> Items:
    """Those of the rows asked for, counted from 1; `BadInput` if there are not so many."""
    if rows is None:
        return items
    first, last = rows
    if last > len(items):
        raise BadInput(f"holds only {len(items):,} pictures, so `rows` can't end at {last:,}", path)
    return items[first - 1 : last]  # type: ignore[return-value]


def refuse_too_many_numbers(channels: int, height: int, width: int, path: Path) -> None:
    """`Fixable` by a smaller size, if a picture has more numbers than a row may."""
    if not channels * height * width:
        raise BadInput(
            f"its pictures are of {height}x{width} pixels: there is nothing in them", path
        )
    if channels * height * width > MOST_NUMBERS:
        size = proposed(channels, height, width)
        raise Fixable(
            f"a picture of {channels}x{height}x{width} is {channels * height * width:,} numbers, "
            f"more than {MOST_NUMBERS:,}; give a `size` to bring them to, such as {list(size)}",
            path,
            f"bring all to {written_shape(size)}",
            size=size,
        )


def refuse_other_range(splits: Iterable[np.ndarray], path: Path) -> None:
    """`BadInput` if some pictures have far larger numbers than others, so are of another scale."""
    largest = [max(float(pixels.max()), -float(pixels.min())) for pixels in splits if pixels.size]
    least, most = min(filter(None, largest), default=0.0), max(largest, default=0.0)
    if most >= OTHER_RANGE * least > 0:
        raise BadInput(
            f"the numbers of some pictures go up to {most:g} and those of others to {least:g}, "
            "for train, validation and test; bring all to one range, such as 0 to 255",
            path,
        )


def proposed(channels: int, height: int, width: int) -> tuple[int, int]:
    """A size to propose: this one, or one of its proportions that is allowed."""
    share = 1.0
    if channels * height * width > MOST_NUMBERS:
        share = min(1.0, (MOST_NUMBERS / channels / height / width) ** 0.5)
        share = min(share, BIGGEST_PROPOSED / max(height, width))
    sides = [max(1, min(int(side * share), MOST_NUMBERS // channels)) for side in (height, width)]
    while channels * sides[0] * sides[1] > MOST_NUMBERS:
        sides[sides.index(max(sides))] //= 2
    return sides[0], sides[1]
