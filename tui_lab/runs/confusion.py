"""Which class was taken for which: the confusion matrix as text."""

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from tui_lab.errors import visible

MOST_CLASSES = 100
"""A matrix of more classes is not kept."""
MOST_DRAWN, MOST_NAMED, NAME_WIDTH = 10, 5, 10
Count = Annotated[int, Field(ge=0)]


class Confusion(BaseModel):
    """`counts[i][j]`: how many rows of class i were taken for class j."""

    classes: list[str]
    counts: list[list[Count]]

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        sides = {len(self.classes), len(self.counts), *map(len, self.counts)}
        if len(sides) != 1 or len(self.classes) > MOST_CLASSES:
            raise ValueError("counts should be a number for each pair of classes")
        return self


def confusion_lines(summary: dict[str, Any]) -> list[str]:
    """The matrix, if it is small enough to be read, and the most frequent mistakes by name."""
    if not summary.get("confusion"):
        return []
    found = Confusion.model_validate(summary["confusion"])
    drawn = _drawn(found) if len(found.classes) <= MOST_DRAWN else []
    return [*drawn, *_mistakes(found)]


def _drawn(found: Confusion) -> Iterator[str]:
    names = [visible(name, NAME_WIDTH) for name in found.classes]
    width = max(2, *(len(str(count)) for row in found.counts for count in row))
    heading = "test rows"
    name_width = max(len(heading) - 2, *map(len, names))
    letters = "".join(f" {ascii_lowercase[i]:>{width}}" for i in range(len(names)))
    yield f"{heading:{name_width + 2}}{letters}  taken for"
    for letter, name, row in zip(ascii_lowercase, names, found.counts, strict=False):
        counts = "".join(f" {count or '·':>{width}}" for count in row)
        yield f"{letter} {name:{name_width}}{counts}"


def _mistakes(found: Confusion) -> Iterator[str]:
    """`most often mistaken: 8 for 1 (3 rows), 3 for 5 (2)`."""
    wrong = [
        (count, found.classes[i], found.classes[j])
        for i, row in enumerate(found.counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    worst = sorted(wrong, key=lambda pair: -pair[0])[:MOST_NAMED]
    told = [f"{visible(true, 30)} for {visible(said, 30)} ({n:,})" for n, true, said in worst]
    if told and len(found.classes) > 2:
        yield f"most often mistaken: {', '.join(told)}"
    elif not told:
        yield "no test row was mistaken"
