"""Reading a CSV file so that nothing in it is silently shifted, lost or misread."""

import csv
import io
import math
import re
from array import array
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TextIO

import pandas as pd

from tui_lab.data.columns import (
    MISSING_WORDS,
    STRAY,
    as_text,
    cleaned,
    is_number,
    refuse_unbounded,
)
from tui_lab.data.open_file import read_table_text
from tui_lab.errors import BadInput, visible

MOST_COLUMNS = 10_000
DELIMITERS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_MISTAKES = {
    "unexpected end of data": 'a quote (") opens in this row and is never closed',
    "expected after": 'a quote (") within a quoted field must be doubled ("")',
    "field limit": 'a field here is longer than 131,072 characters; is a quote (") left open?',
}


def read_csv(path: Path, numbers: Collection[str] | None = None) -> pd.DataFrame:
    """All columns, numbers or text, with each row's line in the file as the index.

    `numbers` names the columns that have to be numbers, all others being text; without it the
    content decides. `BadInput` says the file, the line and what is wrong.
    """
    content, encoding = read_table_text(path)

    def text() -> TextIO:
        return io.TextIOWrapper(io.BytesIO(content), encoding)

    delimiter = _delimiter(text())
    header, lines = _checked(text(), delimiter, path, fewest=2 if numbers is None else 1)
    texts = [] if numbers is None else [name for name in header if name not in numbers]
    frame = pd.read_csv(
        text(),
        sep=delimiter,
        header=0,
        names=header,
        index_col=False,
        na_values=MISSING_WORDS,
        keep_default_na=False,
        skipinitialspace=True,
        low_memory=False,
        dtype=dict.fromkeys(texts, "str"),
    ).set_axis(lines, axis=0)
    most_strays = STRAY if numbers is None else math.inf
    for name in frame.columns.difference(texts, sort=False):
        if not is_number(frame[name]):
            frame[name] = cleaned(frame[name], path, delimiter != ",", most_strays)
    for name in texts:
        frame[name] = as_text(frame[name])
    refuse_unbounded(frame, path)
    return frame


def _delimiter(text: TextIO) -> str:
    """The delimiter that occurs most in the first line, outside of quotes."""
    first = next((line for line in text if line.strip()), "")
    return max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)


def _checked(
    text: TextIO, delimiter: str, path: Path, fewest: int
) -> "tuple[list[str], array[int]]":
    """The header and the line of each row, after counting the fields of every row."""
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
    header: list[str] = []
    lines = array("q")
    line = 1
    try:
        for row in reader:
            if row and header:
                _refuse_ragged(row, header, path, line)
                lines.append(line)
            elif row:
                header = _checked_header(row, path, line, fewest)
            line = reader.line_num + 1
    except csv.Error as error:
        mistakes = [says for word, says in _MISTAKES.items() if word in str(error)]
        raise BadInput(mistakes[0] if mistakes else str(error), path, line) from None
    if not lines:
        raise BadInput("has a header but no rows", path)
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
    if len(header) > MOST_COLUMNS:
        return f"has {len(header):,} columns; at most {MOST_COLUMNS:,} can be used"
    if "" in header:
        return f"column {header.index('') + 1} has no name in the header"
    name, times = Counter(header).most_common(1)[0]
    if times > 1:
        return f'{times} columns are named "{visible(name, 60)}"'
    numbers = [name for name in header if _NUMBER.fullmatch(name)]
    if len(numbers) == len(header) or not all(map(str.isdecimal, numbers)):
        return f'has no header: the first line should name the columns, but holds "{numbers[0]}"'
    return ""
