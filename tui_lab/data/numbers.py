"""From a table's columns to the numbers that enter: a text column becomes one number a word."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.table import words_of
from tui_lab.experiment.preparation import Column


def described(features: pd.DataFrame) -> tuple[Column, ...]:
    """The columns of a table as they were read.

    Which words there are is part of the table's form, like its header, and known of all rows.
    """
    return tuple(
        Column(name=str(name), words=None if is_number(column) else tuple(words_of(column)))
        for name, column in features.items()
    )


def numbers(features: pd.DataFrame, columns: Iterable[Column]) -> np.ndarray:
    """(rows, numbers) float64: one 0/1 number for each word, missing numbers as NaN."""
    found: list[np.ndarray] = []
    for column in columns:
        values = features[column.name]
        if column.words is None:
            found.append(values.to_numpy(np.float64, na_value=np.nan))
        else:
            found += [(values == word).to_numpy(np.float64) for word in column.words]
    return np.column_stack(found)


def as_texts(features: pd.DataFrame) -> list[dict[str, str]]:
    """Rows as people would type them: nothing where a value is missing."""
    rows: list[dict[str, object]] = features.to_dict("records")  # type: ignore[assignment]
    return [{str(name): _text(value) for name, value in row.items()} for row in rows]


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value).removesuffix(".0")  # type: ignore[call-overload]
