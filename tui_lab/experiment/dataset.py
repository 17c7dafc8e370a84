"""Which rows to learn from, how they are split and batched, and what is known of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from tui_lab.experiment.card import Card, read_card
from tui_lab.experiment.layers import Layer, Shape
from tui_lab.experiment.losses import Task
from tui_lab.experiment.named import Part

Fraction = Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class Facts:
    """What an experiment must know of its data; `columns` are the numbers that enter."""

    name: str
    task: Task
    rows: int
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    """The classes' names in the order of the network's outputs; empty for a regression."""
    target: str
    picture: Shape | None = None
    """(channels, height, width) if a row is a picture."""
    why: str = ""
    """Why this task, if it was inferred, and what was left out of the table."""

    def input_shape(self, layers: tuple[Layer, ...]) -> Shape:
        """What enters: a picture if the first layer that cares wants one, else a row of numbers."""
        for layer in layers:
            if self.picture and (layer.ranks == (3,) or type(layer).__name__ == "Flatten"):
                return self.picture
            if layer.ranks or layer.parameters((1,)):
                break
        return (len(self.columns),)

    def outputs(self, targets: str) -> int:
        """How many numbers the network must give for a loss with such `targets`."""
        return len(self.classes) if targets == "classes" else 1


class Dataset(Part):
    """What all datasets share: split, batches, scaling."""

    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 32
    shuffle: bool = True
    """Whether the training rows come in a new order each epoch."""
    split: Annotated[tuple[Fraction, Fraction, Fraction], Field(strict=False)] = (0.7, 0.15, 0.15)
    """The shares of train, validation and test."""
    scale: bool = True
    """Standardise by mean and deviation of the training rows (a regression's target too)."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides the split and, for a generated dataset, the points."""

    @field_validator("split")
    @classmethod
    def _whole(cls, split: tuple[float, float, float]) -> tuple[float, float, float]:
        if abs(sum(split) - 1) > 1e-6:
            raise ValueError(f"the three shares must sum to 1, but sum to {sum(split):g}")
        return split

    def facts(self) -> Facts:
        """What is known of the data, without reading more than needed."""
        raise TypeError(f"{type(self).__name__} knows no facts")


class Shipped(Dataset):
    """A folder of `datasets/`: a table and its card."""

    name: str

    def card(self) -> Card:
        """Its card; `BadInput` if that has a mistake."""
        return read_card(shipped_folder("datasets") / self.name / "card.yaml")

    def facts(self) -> Facts:
        """From the card alone."""
        card = self.card()
        return Facts(
            name=self.name,
            task=card.task,
            rows=card.rows,
            columns=card.columns,
            classes=card.classes,
            target=card.target,
            picture=card.picture,
        )


class Csv(Dataset):
    """Any CSV file: numbers and text columns, a target, a header."""

    csv: Annotated[str, Field(min_length=1, max_length=4096)]
    """The file, relative to the preset's folder or to where the program was started."""
    target: str
    """The name of the column to predict."""

    def facts(self) -> Facts:
        """From the file itself; `BadInput` if it can't be read or learned."""
        from tui_lab.data.table import csv_facts

        return csv_facts(self)


def shipped_folder(kind: str) -> Path:
    """Where the shipped `presets` or `datasets` are: in the package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind


def shipped_names() -> list[str]:
    """The names of all folders of `datasets/` that have a card."""
    return sorted(card.parent.name for card in shipped_folder("datasets").glob("*/card.yaml"))
