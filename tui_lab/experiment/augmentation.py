"""Augmentation: small random changes of the training rows, made anew in every epoch.

A new kind is one class here and one function of its name, in lower case, in `training/effects.py`.
Validation and test rows stay as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, ClassVar

from pydantic import Field

from tui_lab.experiment.named import Named
from tui_lab.experiment.shape import Shape

Chance = Annotated[float, Field(gt=0, le=1)]


class Augmentation(Named):
    """A change of each training row; those of a list are made one after the other."""

    needs_picture: ClassVar[bool] = True
    moves: ClassVar[bool] = False
    """Whether it only says where in the old picture each pixel of the new one comes from."""
    fills: ClassVar[bool] = False
    """Whether it has to know what an empty pixel is."""


class _Move(Augmentation):
    moves = True


class Shift(_Move):
    """Moves a picture by up to `pixels`, up or down and to a side; what comes in is empty."""

    first = "pixels"
    pixels: Annotated[float, Field(gt=0, le=100)] = 0.5


class Rotate(_Move):
    """Turns a picture by up to `degrees` to either side."""

    first = "degrees"
    degrees: Annotated[float, Field(gt=0, le=180)] = 15.0


class Zoom(_Move):
    """Makes what is in a picture up to `factor` times larger or smaller."""

    first = "factor"
    factor: Annotated[float, Field(gt=1, le=4)] = 1.1


class Flip(Augmentation):
    """Swaps left and right with probability `p`; not for letters and digits."""

    first = "p"
    p: Chance = 0.5


class Erase(Augmentation):
    """Empties a part of a picture, `share` of its height and width, with probability `p`."""

    fills = True
    first = "share"
    share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    p: Chance = 0.5


class Noise(Augmentation):
    """Adds normal noise to every number; `deviation` is in the units after scaling."""

    needs_picture = False
    first = "deviation"
    deviation: Annotated[float, Field(gt=0, le=10)] = 0.2


class Mixup(Augmentation):
    """Mixes each row, and its loss, with another one (Zhang et al., 2018)."""

    needs_picture = False
    first = "alpha"
    alpha: Annotated[float, Field(ge=0.01, le=10)] = 0.2
    """A batch's share of its own rows is drawn from Beta(alpha, alpha), and is at least a half.

    The loss is share * loss(own targets) + (1 - share) * loss(the others' targets).
    """


def in_steps(kinds: Iterable[Augmentation]) -> list[tuple[Augmentation, ...]]:
    """The kinds in order; those that move a picture and follow each other are one step."""
    runs = groupby(enumerate(kinds), key=lambda item: -1 if item[1].moves else item[0])
    return [tuple(kind for _, kind in run) for _, run in runs]


@dataclass(frozen=True)
class Misfit:
    """A kind that doesn't suit the data, and what should stand in its place, if anything."""

    at: int
    sentence: str
    error: bool = False
    instead: Augmentation | None = None
    remedy: str = ""
    """What mends it, in words; by default it is left out."""


def misfits(
    kinds: tuple[Augmentation, ...], picture: Shape | None, classes: tuple[str, ...]
) -> Iterator[Misfit]:
    """What can't work, or misleads, in the augmentation of such data."""
    for at, kind in enumerate(kinds):
        name = type(kind).__name__
        if kind.needs_picture and picture is None:
            yield Misfit(at, f"{name} changes pictures, but a row of this data is none", True)
        elif isinstance(kind, Mixup) and any(isinstance(x, Mixup) for x in kinds[:at]):
            yield Misfit(at, "Mixup is there twice, but a row has only one other target", True)
        elif picture is not None:
            yield from _misleading(at, kind, picture, classes)


def _misleading(
    at: int, kind: Augmentation, picture: Shape, classes: tuple[str, ...]
) -> Iterator[Misfit]:
    _, height, width = picture
    if isinstance(kind, Shift) and kind.pixels > min(height, width) / 2:
        less = min(height, width) / 16
        says = f"Shift by {kind.pixels:g} pixels can move a {height}x{width} picture out of sight"
        yield Misfit(at, says, False, Shift(pixels=less), f"set pixels to {less:g}")
    if isinstance(kind, Flip) and len(classes) > 2 and all(len(name) == 1 for name in classes):
        yield Misfit(at, "Flip is not for digits and letters: a mirrored 3 is no 3")
    if isinstance(kind, Rotate) and kind.degrees > 90 and {"6", "9"} <= set(classes):
        says = f"Rotate by {kind.degrees:g} degrees can turn a 6 into a 9"
        yield Misfit(at, says, False, Rotate(), f"set degrees to {Rotate().degrees:g}")
