"""The card of a shipped dataset: what it is, where it is from, and what may be done with it."""

from collections import Counter
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from tui_lab.experiment.losses import Task
from tui_lab.experiment.mistakes import validated
from tui_lab.experiment.named import Part
from tui_lab.experiment.shape import pixel_names, written_shape
from tui_lab.experiment.yaml_file import parse, read_text

Text = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[Text, ...], Field(strict=False)]
Side = Annotated[int, Field(ge=1)]


class Card(Part):
    """`card.yaml` beside `data.csv` or, with arrays x and y in it, `data.npz`."""

    title: Text
    about: Text
    """What a row is and what to predict, for a beginner."""
    source: Text
    licence: Text
    task: Task
    target: Text
    rows: Annotated[int, Field(ge=10)]
    picture: Annotated[tuple[Side, Side, Side], Field(strict=False)] | None = None
    """(channels, height, width) if a row is a picture."""
    columns: Annotated[Names, Field(validate_default=True)] = ()
    """The numbers and texts that enter; of a picture they may be left out."""
    classes: Annotated[Names, Field(validate_default=True)] = ()
    """What the target may be, in the order of the network's outputs; none for a regression."""
    baseline: float | None = None
    """What needs no network: the share of the largest class, or the target's deviation."""
    stand_in: bool = False
    """Whether it was generated in place of a table that can't be shipped."""

    @field_validator("columns")
    @classmethod
    def _are_the_pixels(cls, columns: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        picture = info.data.get("picture")
        if picture is None:
            if not columns:
                raise ValueError("they are needed, unless a row is a picture")
            return columns
        if columns and prod(picture) != len(columns):
            written = written_shape(picture)
            raise ValueError(f"{written} pixels, but there are {len(columns)} columns")
        return columns or pixel_names(picture)

    @field_validator("columns", "classes")
    @classmethod
    def _different(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := [name for name, times in Counter(names).items() if times > 1]:
            raise ValueError(f'"{twice[0]}" is there twice')
        return names

    @field_validator("classes")
    @classmethod
    def _suits_task(cls, classes: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("task") == "classification" and len(classes) < 2:
            raise ValueError("a classification needs at least 2")
        if info.data.get("task") == "regression" and classes:
            raise ValueError("a regression has none")
        return classes


@lru_cache(maxsize=64)
def read_card(path: Path) -> Card:
    """The card in a file; `BadInput` with line and column of what is wrong in it."""
    data, places = parse(read_text(path), path)
    card: Card = validated(Card, data, places, path)
    return card
