"""The cells of a text table, read some rows at a time, so that no second copy is ever needed."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from tui_lab.data.columns import MISSING_WORDS, is_number
from tui_lab.data.dialect import Dialect
from tui_lab.data.rows import COUNTED
from tui_lab.data.text_file import TextFile
from tui_lab.errors import BadInput

AT_ONCE = 2**18
"""So many cells are read together."""
BOOLEANS = {"true", "True", "TRUE", "false", "False", "FALSE"}
Cells = np.ndarray | pd.Series
"""A column: numbers as NumPy holds them, anything else as pandas does."""


def cells(
    text: TextFile, dialect: Dialect, header: list[str], texts: Collection[str], rows: int
) -> dict[str, Cells]:
    """Each column as pandas would read it whole; those in `texts` as text, missing ones as NaN."""
    columns, read = {name: _Column(rows) for name in header}, 0
    for part in _parts(text, dialect, header, texts):
        read += len(part)
        for name, column in columns.items() if read <= rows else ():
            column.take(part[name])
    if read != rows:  # in a table of one column pandas skips them
        raise BadInput("some of its lines hold nothing but spaces; take them out", text.path)
    mixed = [name for name, column in columns.items() if column.is_mixed]
    found = {name: columns[name].whole() for name in header if name not in mixed}
    return found | _as_texts(text, dialect, header, mixed)


def _parts(
    text: TextFile, dialect: Dialect, header: list[str], texts: Collection[str]
) -> Iterator[pd.DataFrame]:
    """Some rows after another, as pandas understands them; `texts` are left as text."""
    with (
        text.opened(COUNTED, 1.0) as file,
        pd.read_csv(
            file,
            sep=dialect.delimiter,
            decimal=dialect.decimal,
            header=0,
            names=header,
            index_col=False,
            na_values=MISSING_WORDS,
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            dtype=dict.fromkeys(texts, "str"),
            chunksize=max(1, AT_ONCE // len(header)),
        ) as parts,
    ):
        yield from parts


def _as_texts(
    text: TextFile, dialect: Dialect, header: list[str], names: list[str]
) -> dict[str, Cells]:
    """Columns of which some rows were taken for something else than text, read once more."""
    if not names:
        return {}
    parts = [part[names] for part in _parts(text, dialect, header, names)]
    found = {name: _joined([part[name] for part in parts]) for name in names}
    return {name: _booleans(column) for name, column in found.items()}


def _booleans(column: pd.Series) -> pd.Series:
    """Texts, in lower case if there are none but true and false."""
    return column.str.lower() if {*column.dropna().unique()} <= BOOLEANS else column


def _joined(parts: list[pd.Series]) -> pd.Series:
    return pd.concat(parts, ignore_index=True)


class _Column:
    """One column, that is put together from parts."""

    def __init__(self, rows: int) -> None:
        self._rows, self._filled = rows, 0
        self._numbers: np.ndarray | None = None
        self._words: list[pd.Series] = []
        self.is_mixed = False
        """Whether its parts are of several kinds, so that it is text, which some have lost."""

    def take(self, part: pd.Series) -> None:
        """The next rows."""
        if self.is_mixed:
            return
        if is_number(part):
            self._take_numbers(part.to_numpy())
        else:
            self._words.append(part)
        self._filled += len(part)
        kinds = {self._numbers is not None and "numbers"} | {_kind(one) for one in self._words[-2:]}
        if len(kinds - {False}) > 1:
            self.is_mixed, self._numbers, self._words = True, None, []

    def _take_numbers(self, part: np.ndarray) -> None:
        if self._numbers is None:
            self._numbers = np.empty(self._rows, part.dtype)
        elif self._numbers.dtype != part.dtype:
            self._numbers = self._numbers.astype(np.float64)
        self._numbers[self._filled : self._filled + len(part)] = part

    def whole(self) -> Cells:
        """All rows of a column that is not mixed."""
        return _joined(self._words) if self._numbers is None else self._numbers


def _kind(words: pd.Series) -> str:
    """Booleans are another kind than text: their case is lost."""
    return "text" if words.dtype == "str" else "booleans"
