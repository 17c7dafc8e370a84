"""From a table's columns to the numbers that enter: a text column becomes one number a word."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.kinds import MOST_WORDS, fewest_rows, word_counts
from tui_lab.experiment.preparation import OTHER, Column


def described(features: pd.DataFrame, rare: int = 1) -> tuple[Column, ...]:
    """How the columns of a table enter; of words in fewer rows than `rare`, several share a number.

    Which words there are is part of the table's form, like its header, and known of all rows.
    """
    return tuple(
        Column(name=str(name)) if is_number(column) else _words(column, rare)
        for name, column in features.items()
    )


def _words(column: pd.Series, rare: int) -> Column:
    """A column of words: no more than `MOST_WORDS` numbers."""
    name, counts = str(column.name), word_counts(column)
    words = counts.index[counts >= fewest_rows(rare, len(column))]
    if len(counts) - len(words) < 2 and len(counts) <= MOST_WORDS:
        return Column(name=name, words=tuple(sorted(counts.index)))
    kept = words[: MOST_WORDS - 1].drop(OTHER, errors="ignore")
    return Column(name=name, words=tuple(sorted(kept)), other=True)


def each_number(
    features: pd.DataFrame | Mapping[str, pd.Series], columns: Iterable[Column]
) -> Iterator[np.ndarray]:
    """(rows,) float64 for each number that enters, missing ones as NaN."""
    for column in columns:
        values = features[column.name]
        if column.words is None:
            yield values.to_numpy(np.float64, na_value=np.nan)
            continue
        codes = pd.Index(column.words, dtype="object").get_indexer(pd.Index(values))
        for code in range(len(column.words)):
            yield (codes == code).astype(np.float64)
        if column.other:
            yield ((codes < 0) & values.notna().to_numpy()).astype(np.float64)


def numbers(features: pd.DataFrame, columns: Iterable[Column]) -> np.ndarray:
    """(rows, numbers) float64: one 0/1 number for each word, missing numbers as NaN."""
    return np.column_stack(list(each_number(features, columns)))


def as_texts(features: pd.DataFrame) -> list[dict[str, str]]:
    """Rows as people would type them: nothing where a value is missing."""
    rows: list[dict[str, object]] = features.to_dict("records")  # type: ignore[assignment]
    return [{str(name): _text(value) for name, value in row.items()} for row in rows]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else str(value).removesuffix(".0")  # type: ignore[call-overload]
