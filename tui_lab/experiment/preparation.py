"""What a run remembers of its data's preparation: how a row enters and what an answer means."""

from math import prod
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.losses import Task
from tui_lab.experiment.mistakes import sentence_for
from tui_lab.experiment.named import Part
from tui_lab.experiment.shape import Shape

LIMIT_BYTES = 16 * 2**20
OTHER = "(other)"
"""Stands for all words that are too rare for a number of their own."""
Numbers = tuple[float, ...]
Fill = Literal["median", "mean", "most_frequent"]


class Column(Part):
    """A column of the table as it was read."""

    name: str
    words: tuple[str, ...] | None = None
    """The words that enter as one 0/1 number each; None for a column of numbers."""
    other: bool = False
    """Whether all other words share one more number."""

    @property
    def choices(self) -> tuple[str, ...]:
        """What there is to choose from in a column of words."""
        return (*(self.words or ()), *([OTHER] if self.other else []))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the numbers that enter for it."""
        if self.words is None:
            return (self.name,)
        return tuple(f"{self.name}={word}" for word in self.choices)


class SavedPreparation(Part):
    """`preparation.json` of a run; `fill`, `mean` and `deviation` hold one number that enters."""

    version: Literal[1] = 1
    dataset: str
    task: Task
    rows: Annotated[int, Field(ge=1)]
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    missing: Fill = "median"
    """What `fill` is, of the training rows."""
    fill: Numbers
    """What stands for a missing number."""
    mean: Numbers
    deviation: tuple[Annotated[float, Field(ge=0)], ...]
    """0 for a number that was constant in training: it enters as 0."""
    picture: Shape | None = None
    """(channels, height, width) if a row is a picture."""
    target: str
    classes: tuple[str, ...]
    """In the order of the network's outputs; empty for a regression."""
    target_mean: float
    target_deviation: Annotated[float, Field(gt=0)]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of all numbers that enter, in their order."""
        return tuple(name for column in self.columns for name in column.numbers)

    @property
    def facts(self) -> Facts:
        """The same as what was known of the data."""
        return Facts(
            name=self.dataset,
            task=self.task,
            rows=self.rows,
            columns=self.numbers,
            classes=self.classes,
            target=self.target,
            picture=self.picture,
        )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = len(self.numbers)
        if {len(self.fill), len(self.mean), len(self.deviation)} != {count}:
            raise ValueError(f"fill, mean and deviation should hold {count} numbers each")
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError("two columns have the same name")
        if (self.task == "classification") != (len(self.classes) >= 2):
            raise ValueError("a classification has at least 2 classes, a regression none")
        sides = self.picture
        if sides and (len(sides) != 3 or min(sides) < 1 or prod(sides) != count):
            raise ValueError(f"picture should be three sides of {count} pixels in all")
        return self


def read_preparation(path: Path) -> SavedPreparation:
    """The preparation in a file; `BadInput` if there is none or it makes no sense."""
    if not path.is_file():
        raise BadInput("is not there: the run was made by an older tui-lab; train it again", path)
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
        if len(content) > LIMIT_BYTES:
            raise BadInput("is too large for a preparation", path)
        return SavedPreparation.model_validate_json(content)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}", path) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(f"is damaged: {sentence_for(first, SavedPreparation)}", path) from None
