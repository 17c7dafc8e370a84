"""The header of a text table and the line of each row, after counting the fields of every row."""

import csv
import io
import re
from array import array
from pathlib import Path

import numpy as np

from tui_lab.data.columns import wrong_names
from tui_lab.data.text_file import TextFile
from tui_lab.errors import BadInput

LOOKED, COUNTED = 0.1, 0.5
"""Shares of the reading after which the text is looked at, and all rows are counted."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_MISTAKES = {
    "unexpected end of data": 'a quote (") opens in this row and is never closed',
    "expected after": 'a quote (") within a quoted field must be doubled ("")',
    "field limit": 'a field here is longer than 131,072 characters; is a quote (") left open?',
}
Rows = tuple[list[str], np.ndarray]
"""The header, and (rows,) int64 line numbers from 1."""


def rows_of(text: TextFile, delimiter: str, fewest: int) -> Rows:
    """`BadInput` for a header of fewer columns than `fewest`, or a row that doesn't suit it."""
    header, lines = _quickly(text, delimiter) or _carefully(text, delimiter, fewest)
    if not len(lines):
        raise BadInput("has a header but no rows", text.path)
    return header, lines


def _quickly(text: TextFile, delimiter: str) -> Rows | None:
    """By counting bytes; None if that doesn't do, or if anything is wrong."""
    first = next((line for line in io.StringIO(text.head, newline=None) if line != "\n"), "")
    header = [name.strip() for name in first.split(delimiter)]
    if not text.is_plain or len(header) < 2 or _wrong_header(header, fewest=2):
        return None
    found, before = [], 0
    for part in text.lines(LOOKED, COUNTED):
        lines = _filled_lines(np.frombuffer(part, np.uint8), ord(delimiter), len(header))
        if lines is None or b"\r" in part:
            return None
        found.append(lines + before)
        before += part.count(b"\n")
    return header, np.concatenate(found)[1:]


def _filled_lines(text: np.ndarray, delimiter: int, fields: int) -> np.ndarray | None:
    """Which lines aren't empty, from 1; None if one has other than so many fields."""
    ends = np.flatnonzero(text == ord("\n"))
    lengths = np.diff(ends, prepend=-1) - 1
    before = np.searchsorted(np.flatnonzero(text == delimiter), ends)
    filled = lengths > 0
    wrong = filled & (np.diff(before, prepend=0) != fields - 1)
    if wrong.any() or (lengths > csv.field_size_limit()).any():
        return None
    return np.flatnonzero(filled) + 1


def _carefully(text: TextFile, delimiter: str, fewest: int) -> Rows:
    """With everything that may be quoted."""
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
    return header, np.array(lines, np.int64)


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
