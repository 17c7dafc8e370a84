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
_COMMA_NUMBER = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_WHOLE_NUMBER = re.compile(r"[-+]?\d+")


@dataclass(frozen=True)
class Dialect:
    """What is known of a text table after a look at its first lines."""

    delimiter: str
    decimal: str
    missing: tuple[str, ...]
    """Words for a missing value among these lines, as they stand there."""

    def told(self, encoding: str) -> list[str]:
        """A note on what isn't comma, point and UTF-8, and on the words for missing values."""
        found = [_NAMES[self.delimiter]] if self.delimiter != "," else []
        found += ["decimal commas"] if self.decimal == "," else []
        found += [_ENCODINGS[encoding]] if encoding in _ENCODINGS else []
        words = ", ".join(f'"{visible(word, 20)}"' for word in self.missing)
        found += [f"{words} as missing"] if words else []
        return [f"read with {', '.join(found)}"] if found else []


def dialect_of(head: str) -> Dialect:
    """Of the first lines of a table."""
    delimiter = delimiter_of(head)
    rows = list(_rows(head, delimiter))[1:]
    columns = list(zip(*rows, strict=False))
    cells = {cell for row in rows for cell in row}
    words = sorted(cell for cell in cells if cell and cell.lower() in MISSING)
    comma = delimiter != "," and any(map(_has_decimal_comma, columns))
    return Dialect(delimiter, "," if comma else ".", tuple(words))


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


def _has_decimal_comma(cells: tuple[str, ...]) -> bool:
    """Whether a column is numbers, some of them with a comma."""
    known = [cell for cell in cells if cell.lower() not in MISSING]
    commas = sum(bool(_COMMA_NUMBER.fullmatch(cell)) for cell in known)
    whole = sum(bool(_WHOLE_NUMBER.fullmatch(cell)) for cell in known)
    return commas > 0 and commas + whole == len(known)
