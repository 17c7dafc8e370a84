"""Reading a CSV file so that nothing in it is silently shifted, lost or misread."""

import csv
import math
import re
from array import array
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.cells import COUNTED, cells
from tui_lab.data.columns import STRAY, as_text, cleaned, is_number, refuse_unbounded, wrong_names
from tui_lab.data.dialect import dialect_of
from tui_lab.data.text_file import TextFile, text_file
from tui_lab.errors import BadInput

LOOKED = 0.1
"""The share of the reading after which the text is looked at."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_MISTAKES = {
    "unexpected end of data": 'a quote (") opens in this row and is never closed',
    "expected after": 'a quote (") within a quoted field must be doubled ("")',
    "field limit": 'a field here is longer than 131,072 characters; is a quote (") left open?',
}


def read_csv(path: Path, numbers: Collection[str] | None = None) -> tuple[pd.DataFrame, list[str]]:
    """All columns, numbers or text, with each row's line in the file as the index; and notes.

    `numbers` names the columns that have to be numbers, all others being text; without it the
    content decides. `BadInput` says the file, the line and what is wrong.
    """
    text = text_file(path, end=LOOKED)
    dialect = dialect_of(text.head)
    header, lines = _checked(text, dialect.delimiter, fewest=2 if numbers is None else 1)
    texts = [] if numbers is None else [name for name in header if name not in numbers]
    found = cells(text, dialect, header, texts, len(lines))
    most_strays = STRAY if numbers is None else math.inf
    index = pd.Index(np.frombuffer(lines, np.int64))
    columns = {}
    for name in header:
        column = pd.Series(found.pop(name), name=name, copy=False).set_axis(index)
        if name in texts:
            column = as_text(column)
        elif not is_number(column):
            column = cleaned(column, path, dialect.delimiter != ",", most_strays)
        refuse_unbounded(column, path)
        columns[name] = column
    return pd.DataFrame(columns, index, copy=False), dialect.told(text.encoding)


def _checked(text: TextFile, delimiter: str, fewest: int) -> "tuple[list[str], array[int]]":
    """The header and the line of each row, after counting the fields of every row."""
    header: list[str] = []
    lines = array("q")
    line = 1
    with text.opened(LOOKED, COUNTED) as rows:
        reader = csv.reader(rows, delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            for row in reader:
                if row and header:
                    _refuse_ragged(row, header, text.path, line)
                    lines.append(line)
                elif row:
                    header = _checked_header(row, text.path, line, fewest)
                line = reader.line_num + 1
        except csv.Error as error:
            mistakes = [says for word, says in _MISTAKES.items() if word in str(error)]
            raise BadInput(mistakes[0] if mistakes else str(error), text.path, line) from None
    if not lines:
        raise BadInput("has a header but no rows", text.path)
    return header, lines


def _refuse_ragged(row: list[str], header: list[str], path: Path, line: int) -> None:
    if len(row) != len(header):
        fields = "1 field" if len(row) == 1 else f"{len(row)} fields"
        raise BadInput(f"this row has {fields}, the header has {len(header)}", path, line)


def _checked_header(row: list[str], path: Path, line: int, fewest: int) -> list[str]:
    header = [name.strip() for name in row]
    if wrong := _wrong_header(header, fewest):
        raise BadInput(wrong, path, line)
    return header


def _wrong_header(header: list[str], fewest: int) -> str:
    """What is wrong with the columns' names, or nothing."""
    if len(header) < fewest:
        return "has only one column; expected several, separated by comma, semicolon, tab or |"
    if wrong := wrong_names(header):
        return wrong
    numbers = [name for name in header if _NUMBER.fullmatch(name)]
    if len(numbers) == len(header) or not all(map(str.isdecimal, numbers)):
        return f'has no header: the first line should name the columns, but holds "{numbers[0]}"'
    return ""
