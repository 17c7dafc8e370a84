"""Reading a CSV file so that nothing in it is silently shifted, lost or misread."""

import math
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from tui_lab.data.cells import cells
from tui_lab.data.columns import STRAY, as_text, cleaned, is_number, refuse_unbounded
from tui_lab.data.dialect import dialect_of
from tui_lab.data.rows import LOOKED, rows_of
from tui_lab.data.text_file import text_file


def read_csv(path: Path, numbers: Collection[str] | None = None) -> tuple[pd.DataFrame, list[str]]:
    """All columns, numbers or text, with each row's line in the file as the index; and notes.

    `numbers` names the columns that have to be numbers, all others being text; without it the
    content decides. `BadInput` says the file, the line and what is wrong.
    """
    text = text_file(path, end=LOOKED)
    dialect = dialect_of(text.head)
    header, lines = rows_of(text, dialect.delimiter, fewest=2 if numbers is None else 1)
    texts = [] if numbers is None else [name for name in header if name not in numbers]
    found = cells(text, dialect, header, texts, len(lines))
    most_strays = STRAY if numbers is None else math.inf
    index = pd.Index(lines)
    columns = {}
    for name in header:
        column = pd.Series(found.pop(name), name=name, copy=False).set_axis(index)
        if name in texts:
            column = as_text(column)
        elif not is_number(column):
            column = cleaned(column, path, dialect.decimal == ",", most_strays)
        refuse_unbounded(column, path)
        columns[name] = column
    return pd.DataFrame(columns, index, copy=False), dialect.told(text.encoding)
