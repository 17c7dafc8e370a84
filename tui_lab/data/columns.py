"""A column is numbers or text; a stray text among numbers is a mistake, and named."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.errors import BadInput, visible

pd.set_option("mode.string_storage", "python")  # else it depends on whether pyarrow is there
MISSING = ("", "na", "n/a", "nan", "?", "-", "null")
MISSING_WORDS = [form for word in MISSING for form in {word, word.upper(), word.capitalize()}]
"""What stands for a missing value."""
MOST_COLUMNS = 10_000
LARGEST = float(np.finfo(np.float32).max)
STRAY = 0.1
"""Below this share of texts a column is numbers with mistakes, above it is text."""


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers; booleans are text, true and false."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def cleaned(
    column: pd.Series, path: Path, decimal_comma: bool, most_strays: float = STRAY
) -> pd.Series:
    """A column that is not yet numbers: numbers if all are, else text without outer spaces.

    Missing values are NaN; booleans are the texts true and false.
    """
    text = as_text(column)
    digits = text.str.replace(",", ".") if decimal_comma else text
    numbers = pd.to_numeric(digits, errors="coerce").astype(float)
    strays = text[text.notna() & numbers.isna()]
    if strays.empty:
        return numbers
    if len(strays) < most_strays * text.count():
        refuse_stray(strays, path)
    return text


def as_text(column: pd.Series) -> pd.Series:
    """A column as text without outer spaces; missing values are NaN."""
    words = column if column.dtype == "str" else column.map(_word, na_action="ignore")
    codes, different = pd.factorize(words.astype("str"))
    text = pd.Series(different, dtype="str").str.strip()
    text = text.mask(text.str.lower().isin(MISSING))
    return pd.Series(text.array.take(codes, allow_fill=True), column.index, name=column.name)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def refuse_stray(strays: pd.Series, path: Path) -> None:
    """`BadInput` naming the first of the texts in a column of numbers."""
    text, name = visible(str(strays.iloc[0]), 60), visible(str(strays.name), 60)
    raise BadInput(
        f'column "{name}" holds "{text}" here, but numbers elsewhere; '
        "write a number, or nothing if it is missing",
        path,
        int(strays.index[0]),
    )


def refuse_unbounded(column: pd.Series, path: Path) -> None:
    """`BadInput` naming the first number that is infinite or too large for float32."""
    if not is_number(column) or not column.abs().max() > LARGEST:
        return
    bad = column[column.abs() > LARGEST]
    wrong = "an infinite number" if np.isinf(bad.iloc[0]) else f"{bad.iloc[0]:g}"
    raise BadInput(
        f'column "{visible(str(column.name), 60)}" holds {wrong} here; at most 3.4e38 can be used',
        path,
        int(bad.index[0]),
    )


def wrong_names(header: list[str]) -> str:
    """What no columns can be called together, or nothing."""
    if len(header) > MOST_COLUMNS:
        return f"has {len(header):,} columns; at most {MOST_COLUMNS:,} can be used"
    if "" in header:
        return f"column {header.index('') + 1} has no name in the header"
    name, times = Counter(header).most_common(1)[0] if header else ("", 0)
    return f'{times} columns are named "{visible(name, 60)}"' if times > 1 else ""
