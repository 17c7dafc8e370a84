"""Columns that alone tell the target: copies of it, and what was made from it."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number

Array = np.ndarray
LOOKED_AT = 20_000
"""Of more rows, so many are enough."""
FEWEST = 30
"""Fewer rows may be told by chance."""
MOST_GROUPS = 50
NEARLY = 0.995
"""From this share of right answers on, a column tells a class."""
SAME_ORDER = 0.999
"""From this rank correlation on, a column tells a number."""


def telling(features: pd.DataFrame, y: Array, classes: bool) -> Iterator[str]:
    """The names of the columns that alone tell `y`, if there are others that need not."""
    if len(y) < FEWEST or len(features.columns) < 2:
        return
    for name, column in features.items():
        if _tells_class(column, y) if classes else _tells_number(column, pd.Series(y).rank()):
            yield str(name)


def _tells_number(column: pd.Series, ranks: pd.Series) -> bool:
    """By the rank correlation (Spearman, 1904) over the rows that have a number."""
    if not is_number(column):
        return False
    known = column.notna().to_numpy()
    values = column[known].rank().to_numpy()
    if len(values) < max(FEWEST, len(column) / 2) or values.min() == values.max():
        return False
    return abs(float(np.corrcoef(values, ranks[known].rank())[0, 1])) >= SAME_ORDER


def _tells_class(column: pd.Series, y: Array) -> bool:
    """Whether the best answer for each group of equal or near values is nearly always right.

    Where one class is nearly all there is, far fewer mistakes are asked for.
    """
    groups = _groups(column, y)
    if groups is None:
        return False
    counts = np.zeros((groups.max() + 1, y.max() + 1), np.int64)
    np.add.at(counts, (groups, y), 1)
    mistakes = 1 - counts.max(axis=1).sum() / len(y)
    baseline = counts.sum(axis=0).max() / len(y)
    return bool(mistakes <= min(1 - NEARLY, (1 - baseline) / 10))


def _groups(column: pd.Series, y: Array) -> Array | None:
    """(rows,) group numbers: one for each value, or of many numbers one for each class's range."""
    codes, values = pd.factorize(column, use_na_sentinel=False)
    if len(values) <= min(MOST_GROUPS, len(y) / 10):
        return codes
    few_classes = y.max() < min(MOST_GROUPS, len(y) / 10)
    return _ranges(column.to_numpy(np.float64), y) if is_number(column) and few_classes else None


def _ranges(values: Array, y: Array) -> Array:
    """Cuts the values between classes that follow each other, where that makes least mistakes."""
    order = np.argsort(values, kind="stable")
    ranked, groups = values[order], np.zeros(len(y), np.int64)
    present = np.unique(y)
    places = np.array([np.median(np.flatnonzero(y[order] == label)) for label in present])
    in_order = present[np.argsort(places, kind="stable")]
    between = np.append(ranked[1:] != ranked[:-1], False)
    for before, after in pairwise(in_order):
        gained = np.cumsum(y[order] == before) - np.cumsum(y[order] == after)
        cut = int(np.argmax(np.where(between, gained, -len(y))))
        groups[order[cut + 1 :]] += 1
    return groups
