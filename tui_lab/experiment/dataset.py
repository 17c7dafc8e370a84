"""Which rows to learn from, how they are split and batched, and what is known of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tui_lab.errors import nearest, visible
from tui_lab.experiment.card import Card, read_card
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.losses import Task
from tui_lab.experiment.named import Matches, Part
from tui_lab.experiment.shape import Shape
from tui_lab.home import added_datasets

Fraction = Annotated[float, Field(gt=0, lt=1)]
RowNumber = Annotated[int, Field(ge=1)]
Class = Annotated[str, Field(min_length=1, max_length=200)]
Columns = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
Missing = Literal["median", "mean", "most_frequent", "drop"]
Classes = Annotated[tuple[Class, ...], Field(strict=False)]


SERIOUS = "⚠ "
"""How a note begins on what would make a result look better than it is, or can't be learned."""


def serious_first(notes: Iterable[str]) -> list[str]:
    """The notes that say something, the serious ones before the others."""
    return sorted(filter(None, notes), key=lambda note: not note.startswith(SERIOUS))


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
    """Why this task, if it was inferred."""
    notes: tuple[str, ...] = ()
    """A sentence for each thing to know before training: what was left out, filled, or misleads."""
    baseline: float | None = None
    """What needs no network, on all rows: the largest class's share, or the target's deviation."""

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
    stratify: bool = True
    """Share out each class in proportion; otherwise the rows are drawn without looking at it."""
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

    @property
    def title(self) -> str:
        """What it is called where people see it."""
        raise TypeError(f"{type(self).__name__} has no title")

    @property
    def is_read_for_facts(self) -> bool:
        """Whether a file has to be read to know the facts."""
        return False

    def sealed(self) -> Self:
        """With what is needed to notice later that its files have changed, if it has any."""
        return self

    def facts(self) -> Facts:
        """What is known of the data, without reading more than needed."""
        raise TypeError(f"{type(self).__name__} knows no facts")


class Shipped(Dataset):
    """A folder of `datasets/`: a table and its card."""

    name: str
    rows: Annotated[tuple[RowNumber, RowNumber], Field(strict=False)] | None = None
    """The first and the last row to use, from 1, so that two experiments can share a table."""
    classes: Classes | dict[Class, Classes] | None = None
    """The only classes to use, or new ones made of several: {odd: ["1", "3"], even: ["2"]}."""
    columns: Columns | None = None
    """The only columns to learn from; left out, all."""
    missing: Missing = "median"
    """What stands for a missing number, learned from the training rows; drop leaves the row out."""

    @field_validator("columns")
    @classmethod
    def _on_card(cls, columns: Any, info: ValidationInfo) -> Any:
        if columns is not None:
            card = card_of(info.data["name"])
            if card.picture:
                raise ValueError("they are the pixels of pictures, which stay whole")
            _check_names(list(columns), card.columns, "column")
        return columns

    @field_validator("rows")
    @classmethod
    def _in_table(
        cls, rows: tuple[int, int] | None, info: ValidationInfo
    ) -> tuple[int, int] | None:
        if rows is None:
            return None
        first, last = rows
        there = card_of(info.data["name"]).rows
        if first > last:
            raise ValueError(f"the first row, {first}, comes after the last, {last}")
        if last > there:
            raise ValueError(f"there are only {there:,} rows, not {last:,}")
        return rows

    @field_validator("classes")
    @classmethod
    def _in_card(cls, classes: Any, info: ValidationInfo) -> Any:
        if classes is not None:
            _check_classes(classes, card_of(info.data["name"]))
        return classes

    def card(self) -> Card:
        """Its card; `BadInput` if that has a mistake."""
        return card_of(self.name)

    @property
    def folder(self) -> Path:
        """Where its card and its data lie."""
        return shipped_folder("datasets") / self.name

    @property
    def title(self) -> str:
        """Its name, and whether it only stands in for a table that can't be shipped."""
        return f"{self.name} (stand-in)" if self.card().stand_in else self.name

    @property
    def is_read_for_facts(self) -> bool:
        """Only the table itself says what is left of it."""
        some = (self.rows, self.classes, self.columns)
        return self.missing == "drop" or any(part is not None for part in some)

    def facts(self) -> Facts:
        """From the card alone, unless only some rows or classes are used."""
        if self.is_read_for_facts:
            from tui_lab.data.shipped import shipped_table

            return shipped_table(self).facts
        return self.whole_facts()

    def whole_facts(self) -> Facts:
        """What the card says of the whole table."""
        card = self.card()
        return Facts(
            name=self.title,
            task=card.task,
            rows=card.rows,
            columns=card.columns,
            classes=card.classes,
            target=card.target,
            picture=card.picture,
            baseline=card.baseline,
        )


class FromFile(Dataset):
    """A dataset in files of one's own."""

    paths: ClassVar[tuple[str, ...]]
    """The fields that name files, relative to the preset's folder or to the current one."""

    sha256: Annotated[str, Matches("[0-9a-f]{64}", "64 hexadecimal digits")] | None = None
    """Of the files as they were; another content is refused. A run fills it in."""

    @property
    def title(self) -> str:
        """The name it was added under, or that of its first file."""
        path = Path(getattr(self, self.paths[0]))
        return path.parent.name if path.parent.parent == added_datasets() else path.name

    @property
    def is_read_for_facts(self) -> bool:
        """Nothing else tells what is in the files."""
        return True

    def sealed(self) -> Self:
        """With the sha256 of its files, so that it stays what it is.

        `BadInput` if it has one and they have changed since.
        """
        from tui_lab.data.digest import digest_of, refuse_changed

        refuse_changed(self)
        return self if self.sha256 else self.replace(sha256=digest_of(self))


class Csv(FromFile):
    """A table: CSV, TSV or Parquet, with a header; text files may be packed with gzip."""

    paths = ("csv", "validation", "test")

    csv: Annotated[str, Field(min_length=1, max_length=4096)]
    """The file; Parquet is known by its content, not by its name."""
    target: str
    """The name of the column to predict."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """auto decides by what is in the target, and says why."""
    columns: Columns | None = None
    """The columns to learn from; left out, all that can be learned from."""
    missing: Missing = "median"
    """What stands for a missing number, learned from the training rows; drop leaves the row out."""
    rare: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    """Words of a text column in fewer rows than this share one number, if they are several.

    Of fewer than 100 rows, a twentieth counts as that many already (but never a single row).
    """
    split_column: str | None = None
    """A column that says train, validation or test for each row; `split` shares out the rest."""
    validation: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A file with the validation rows; `split` then shares out the others."""
    test: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A file with the test rows."""

    @model_validator(mode="after")
    def _one_way_to_split(self) -> Self:
        files = [name for name in ("validation", "test") if getattr(self, name)]
        if self.split_column is not None and files:
            raise ValueError(f"split_column and {files[0]} both say which rows are which; take one")
        return self

    def facts(self) -> Facts:
        """From the file itself; `BadInput` if it can't be read or learned."""
        from tui_lab.data.csv_table import csv_facts

        return csv_facts(self)


def grouped(classes: tuple[str, ...] | dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The names of the classes to use, each with those of the table that it is made of."""
    return classes if isinstance(classes, dict) else {name: (name,) for name in classes}


def _check_classes(classes: tuple[str, ...] | dict[str, tuple[str, ...]], card: Card) -> None:
    """ValueError unless there are two classes or more, each made of other classes of the table."""
    if not card.classes:
        raise ValueError(f'the target "{card.target}" is a number and has no classes')
    parts = grouped(classes)
    used = [name for names in parts.values() for name in names]
    _check_names(list(classes) if isinstance(classes, tuple) else used, card.classes)
    if empty := [name for name, names in parts.items() if not names]:
        raise ValueError(f'"{visible(empty[0], 60)}" is made of no class')
    if len(parts) < 2:
        raise ValueError("at least two are needed, to tell apart")


def _check_names(names: list[str], known: tuple[str, ...], what: str = "class") -> None:
    for name in names:
        if name not in known:
            hint = nearest(name, known) or f" (there are: {', '.join(known)})"
            raise ValueError(f'there is no {what} "{visible(name, 60)}"{hint}')
        if names.count(name) > 1:
            raise ValueError(f'"{visible(name, 60)}" is there twice')


def card_of(name: str) -> Card:
    """The card of a shipped dataset; `BadInput` if that has a mistake."""
    return read_card(shipped_folder("datasets") / name / "card.yaml")


def shipped_folder(kind: str) -> Path:
    """Where the shipped `presets` or `datasets` are: in the package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind


def shipped_names() -> list[str]:
    """The names of all folders of `datasets/` that have a card."""
    return sorted(card.parent.name for card in shipped_folder("datasets").glob("*/card.yaml"))
