"""Pictures of one's own: a folder of PNG and JPEG files, an IDX file, or an NPZ file."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from tui_lab.experiment.dataset import Class, Facts, FromFile, RowNumber

FilePath = Annotated[str, Field(min_length=1, max_length=4096)]
Side = Annotated[int, Field(ge=1, le=10_000)]
MOST_NUMBERS = 10_000
"""How many numbers a picture may have: a row of a table is made of it."""


class Pictures(FromFile):
    """A folder with one folder of PNG or JPEG files for each class, an IDX file, or an NPZ file.

    Folders train, validation and test above those of the classes, or arrays of such names, are the
    splits.
    """

    paths = ("pictures", "labels", "test", "test_labels")

    pictures: FilePath
    """The folder or the file; what it is is known by its content."""
    labels: FilePath | None = None
    """Of an IDX file, the one with the classes; left out, it is looked for beside it."""
    test: FilePath | None = None
    """A folder or a file of the same kind with the pictures of the test split."""
    test_labels: FilePath | None = None
    size: Annotated[tuple[Side, Side], Field(strict=False)] | None = None
    """Height and width that all pictures are brought to; left out, they have to be equal."""
    grey: bool | None = None
    """Whether a picture is grey or has three colours; left out, grey if all are."""
    channels: Literal["first", "last"] | None = None
    """Where an array's colours stand: before or behind height and width, if that isn't plain."""
    rows: Annotated[tuple[RowNumber, RowNumber], Field(strict=False)] | None = None
    """The first and the last picture of `pictures` to use, from 1."""
    class_names: Annotated[tuple[Class, ...], Field(strict=False, min_length=2)] | None = None
    """What the labels 0, 1, 2, … of an IDX or NPZ file are called."""

    @field_validator("rows")
    @classmethod
    def _forwards(cls, rows: tuple[int, int] | None) -> tuple[int, int] | None:
        if rows and rows[0] > rows[1]:
            raise ValueError(f"the first row, {rows[0]}, comes after the last, {rows[1]}")
        return rows

    @field_validator("class_names")
    @classmethod
    def _different(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names and len(set(names)) < len(names):
            raise ValueError("each class needs a name of its own")
        return names

    def facts(self) -> Facts:
        """From the files themselves; `BadInput` if they can't be read or learned."""
        from tui_lab.data.pictures import pictures_facts

        return pictures_facts(self)
