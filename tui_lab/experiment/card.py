"""The card of a shipped dataset: what it is, where it is from, and what may be done with it."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from tui_lab.experiment.losses import Task
from tui_lab.experiment.mistakes import validated
from tui_lab.experiment.named import Part
from tui_lab.experiment.yaml_file import parse, read_text

Text = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[Text, ...], Field(strict=False)]
Side = Annotated[int, Field(ge=1)]


class Card(Part):
    """`card.yaml` beside `data.csv`, whose columns are `columns` and `target`."""

    title: Text
    about: Text
    """What a row is and what to predict, for a beginner."""
    source: Text
    licence: Text
    task: Task
    target: Text
    rows: Annotated[int, Field(ge=10)]
    columns: Annotated[Names, Field(min_length=1)]
    picture: Annotated[tuple[Side, Side, Side], Field(strict=False)] | None = None
    """(channels, height, width) if a row is a picture."""
    classes: Annotated[Names, Field(validate_default=True)] = ()
    """What the target may be, in the order of the network's outputs; none for a regression."""

    @field_validator("columns", "classes")
    @classmethod
    def _different(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := [name for name in names if names.count(name) > 1]:
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

    @field_validator("picture")
    @classmethod
    def _is_filled(cls, sides: tuple[int, int, int], info: ValidationInfo) -> tuple[int, int, int]:
        channels, height, width = sides
        columns = len(info.data.get("columns", ()))
        if channels * height * width != columns:
            raise ValueError(f"{channels}x{height}x{width} pixels, but there are {columns} columns")
        return sides


@lru_cache(maxsize=64)
def read_card(path: Path) -> Card:
    """The card in a file; `BadInput` with line and column of what is wrong in it."""
    data, places = parse(read_text(path), path)
    card: Card = validated(Card, data, places, path)
    return card
