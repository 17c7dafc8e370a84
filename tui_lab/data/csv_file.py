"""Reading a CSV file so that nothing in it is silently shifted, lost or misread."""

import csv
import io
import os
import stat
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.errors import BadInput, nearest, visible

LIMIT_BYTES = 2 * 1024**3
MISSING_WORDS = ["", "NA", "N/A", "na", "n/a", "nan", "NaN", "?", "-", "null", "NULL", "None"]
DELIMITERS = (",", ";", "\t", "|")


def read_csv(path: Path) -> pd.DataFrame:
    """All columns of a CSV file with a header; `BadInput` saying file, line and what is wrong."""
    content, stamp = _read_bytes(path)
    return _parsed(str(path), stamp, _Content(content)).copy()


class _Content(bytes):
    """Bytes that count as equal for the cache, which goes by path, size and time."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content)

    def __hash__(self) -> int:
        return 0


def _read_bytes(path: Path) -> tuple[bytes, tuple[int, int]]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        folder = path.parent
        names = [entry.name for entry in folder.iterdir()][:1000] if folder.is_dir() else []
        raise BadInput(f'there is no file "{path}"{nearest(path.name, names)}') from None
    except OSError as error:
        raise BadInput(f'can\'t read "{path}": {error.strerror}') from None
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise BadInput(f'"{path}" is not a file')
        if about.st_size > LIMIT_BYTES:
            raise BadInput(f"is larger than {LIMIT_BYTES // 1024**3} GB", path)
        return file.read(), (about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=2)
def _parsed(name: str, stamp: tuple[int, int], content: _Content) -> pd.DataFrame:
    path = Path(name)
    text = _decoded(content, path)
    delimiter = _delimiter(text.split("\n", 1)[0])
    header = _checked_rows(text, delimiter, path)
    frame = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=0,
        names=header,
        index_col=False,
        na_values=MISSING_WORDS,
        keep_default_na=False,
        decimal="," if delimiter == ";" and _decimal_commas(text) else ".",
        skipinitialspace=True,
        skip_blank_lines=True,
        low_memory=False,
    )
    _refuse_infinite(frame, path)
    return frame


def _decoded(content: bytes, path: Path) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise BadInput(
            "is not a table: it holds NUL bytes", path, text[: text.index("\0")].count("\n") + 1
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise BadInput("is empty; expected a header line and rows", path)
    if text.lstrip()[:1] in "<{[":
        raise BadInput("looks like HTML or JSON, not like a CSV file", path, 1)
    return text


def _delimiter(first_line: str) -> str:
    return max(DELIMITERS, key=first_line.count)


def _decimal_commas(text: str) -> bool:
    sample = text[:100_000]
    return any(a.isdigit() and b.isdigit() for a, b in zip(sample, sample[2:], strict=False)) and (
        sum(
            a.isdigit() and m == "," and b.isdigit()
            for a, m, b in zip(sample, sample[1:], sample[2:], strict=False)
        )
        > 0
    )


def _checked_rows(text: str, delimiter: str, path: Path) -> list[str]:
    """The header, after counting the fields of every row."""
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    header: list[str] = []
    rows = 0
    try:
        for row in reader:
            if not row:
                continue
            if not header:
                header = _checked_header(row, path)
            elif len(row) != len(header):
                raise BadInput(
                    f"this row has {len(row)} fields, the header has {len(header)}",
                    path,
                    reader.line_num,
                )
            else:
                rows += 1
    except csv.Error as error:
        raise BadInput(f"can't be read as CSV: {error}", path, reader.line_num) from None
    if not rows:
        raise BadInput("has a header but no rows", path)
    return header


def _checked_header(row: list[str], path: Path) -> list[str]:
    header = [name.strip() for name in row]
    for index, name in enumerate(header):
        if not name:
            raise BadInput(f"column {index + 1} has no name in the header", path, 1)
        if name in header[:index]:
            raise BadInput(f'two columns are named "{visible(name, 60)}"', path, 1)
    if all(_is_number(name) for name in header):
        raise BadInput("has no header: the first line holds only numbers", path, 1)
    return header


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _refuse_infinite(frame: pd.DataFrame, path: Path) -> None:
    numbers = frame.select_dtypes("number")
    rows, columns = np.nonzero(np.isinf(numbers.to_numpy(dtype=float)))
    if len(rows):
        name = visible(str(numbers.columns[columns[0]]), 60)
        raise BadInput(f'row {rows[0] + 1} of column "{name}" is infinite', path, int(rows[0]) + 2)
