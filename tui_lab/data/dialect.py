"""How a table is written down: its delimiter, its decimal sign, its words for a missing value."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tui_lab.data.columns import MISSING
from tui_lab.errors import visible

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ENCODINGS = {"utf-16": "UTF-16", "cp1252": "Windows-1252"}
_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
"""With commas that may stand between thousands."""


@dataclass(frozen=True)
class Dialect:
    """What is known of a text table after a look at its first lines."""

    delimiter: str
    decimal: str
    doubtful: str
    """A number in which the comma may be meant for something else than it is taken for, or ""."""
    missing: tuple[str, ...]
    """Words for a missing value among these lines, as they stand there."""

    def told(self, encoding: str) -> list[str]:
        """A note on what isn't comma, point and UTF-8, and on the words for missing values."""
        found = [_NAMES[self.delimiter]] if self.delimiter != "," else []
        found += ["decimal commas"] if self.decimal == "," else []
        found += [_ENCODINGS[encoding]] if encoding in _ENCODINGS else []
        words = ", ".join(f'"{visible(word, 20)}"' for word in self.missing)
        found += [f"{words} as missing"] if words else []
        told = [f"read with {', '.join(found)}"] if found else []
        return [*told, *self._doubts()]

    def _doubts(self) -> Iterator[str]:
        if not self.doubtful:
            return
        number, advice = visible(self.doubtful, 20), "write numbers without commas for thousands"
        if self.decimal == ",":
            yield f'"{number}" was read as {number.replace(",", ".")}; {advice}'
        else:
            yield f'"{number}" was read as text, as others have decimal points; {advice}'


def dialect_of(head: str) -> Dialect:
    """Of the first lines of a table."""
    delimiter = delimiter_of(head)
    rows = list(_rows(head, delimiter))[1:]
    columns = list(zip(*rows, strict=False))
    cells = {cell for row in rows for cell in row}
    words = sorted(cell for cell in cells if cell and cell.lower() in MISSING)
    numbers = [cell for column in columns if _are_numbers(column) for cell in column]
    return Dialect(delimiter, *_decimal(numbers, delimiter), tuple(words))


def delimiter_of(head: str) -> str:
    """The delimiter that occurs most in the first line, outside of quotes."""
    first = next((line for line in io.StringIO(head, newline=None) if line.strip()), "")
    return max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)


def _rows(head: str, delimiter: str) -> Iterator[list[str]]:
    """The rows up to a mistake, which is told when all rows are counted."""
    try:
        for row in csv.reader(io.StringIO(head, newline=None), delimiter=delimiter):
            if row:
                yield [cell.strip() for cell in row]
    except csv.Error:
        return


def _are_numbers(cells: tuple[str, ...]) -> bool:
    """Whether a column is numbers, with whatever sign for decimals or thousands."""
    known = [cell for cell in cells if cell.lower() not in MISSING]
    return all(_NUMBER.fullmatch(cell) or _GROUPED.fullmatch(cell) for cell in known)


def _decimal(numbers: list[str], delimiter: str) -> tuple[str, str]:
    """The decimal sign of all numbers of a table, and one of which it may be doubted.

    Where any has a point, or more than one comma, no comma is a decimal sign.
    """
    commas = [number for number in numbers if "," in number]
    if delimiter == "," or not commas:
        return ".", ""
    if any("." in number or number.count(",") > 1 for number in numbers):
        return ".", commas[0]
    return ",", commas[0] if all(map(_GROUPED.fullmatch, commas)) else ""
