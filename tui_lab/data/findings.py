"""What would make a result look better than it is, or can't be learned: found before training."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.features import listed
from tui_lab.data.table import Table
from tui_lab.data.telling import LOOKED_AT, telling
from tui_lab.errors import visible

Array = np.ndarray
COARSE = 20
"""Where no column has more different values, equal rows need not be copies of each other."""
HUGE = 1e18
"""The square of a larger number is too large for float32."""
SHARED_OUT = 3
"""A class of fewer rows can't be in all splits, which the reason for the task says already."""


def findings(table: Table, parts: tuple[Array, Array, Array]) -> list[str]:
    """A sentence for each thing that misleads, of a table and the rows of its splits."""
    features, whole = _hashes(table)
    return [
        *_repeated(whole, parts),
        *_contradicting(features, whole, table),
        *_told_by_one(table, parts[0]),
        *_huge(table),
        *_absent_classes(table, parts),
        *_unlearned_words(table, parts),
    ]


def _hashes(table: Table) -> tuple[Array, Array]:
    """(rows,) uint64 of what is in each row without and with the target."""
    compared = [table.features]
    coarse = table.features.head(10_000).nunique().max() <= COARSE
    if coarse and table.told_apart_by is not None:
        compared.append(table.told_apart_by)
    found = np.zeros(len(table.y), np.uint64)
    for frame in compared:
        for _, column in frame.items():
            found = found * np.uint64(31) + pd.util.hash_array(_plain(column))
    return found, found * np.uint64(31) + pd.util.hash_array(table.y)


def _plain(column: pd.Series) -> Array:
    """Values that hash alike if they are equal: float64, or the numbers of texts."""
    if is_number(column):
        return column.to_numpy(np.float64, na_value=np.nan) + 0.0  # -0.0 becomes 0.0
    return pd.factorize(column)[0]


def _all_different(hashes: Array) -> bool:
    """What is found much quicker than which of them are equal."""
    return bool(pd.Index(hashes).is_unique)


def _repeated(rows: Array, parts: tuple[Array, Array, Array]) -> Iterator[str]:
    """Rows outside of training that are among the training rows, too."""
    if _all_different(rows):
        return
    train = rows[parts[0]]
    for name, part in (("validation", parts[1]), ("test", parts[2])):
        if again := np.count_nonzero(pd.Index(rows[part]).isin(train)):
            yield (
                f"{again:,} of {len(part):,} {name} rows are also among the training rows: "
                f"the {name} result will look better than it is"
            )


def _contradicting(features: Array, whole: Array, table: Table) -> Iterator[str]:
    """Rows with equal features and different targets."""
    if _all_different(features):
        return
    _, first = np.unique(whole, return_index=True)
    different, counts = np.unique(features[first], return_counts=True)
    if rows := np.count_nonzero(np.isin(features, different[counts > 1])):
        target = visible(table.facts.target, 60)
        yield (
            f"{rows:,} rows have the same values as another row, but another "
            f'"{target}": no network can be right in all of them'
        )


def _told_by_one(table: Table, train: Array) -> Iterator[str]:
    """Columns that alone tell the target, as what is made from the answer does."""
    rows = train
    if len(train) > LOOKED_AT:
        rows = np.random.default_rng(0).choice(train, LOOKED_AT, replace=False)
    if names := list(telling(table.features.iloc[rows], table.y[rows], bool(table.facts.classes))):
        seen = f" (of {LOOKED_AT:,} looked at)" if len(rows) < len(train) else ""
        each = "each alone tells" if len(names) > 1 else "alone tells"
        yield (
            f'{listed(names)} {each} "{visible(table.facts.target, 60)}" in nearly all training '
            f"rows{seen}: what is made from the answer should be left out"
        )


def _huge(table: Table) -> Iterator[str]:
    numbers = [name for name, column in table.features.items() if is_number(column)]
    largest = {name: table.features[name].abs().max() for name in numbers}
    if not table.facts.classes:
        largest[table.facts.target] = np.abs(table.y).max()
    if names := [name for name, size in largest.items() if size > HUGE]:
        size = max(largest[name] for name in names)
        yield (
            f"numbers as large as {size:.1e} in {listed(names)}: beside them all others look "
            "the same, and unscaled a network can't count with them"
        )


def _absent_classes(table: Table, parts: tuple[Array, Array, Array]) -> Iterator[str]:
    classes = table.facts.classes
    if not classes:
        return
    enough = np.bincount(table.y, minlength=len(classes)) >= SHARED_OUT
    for name, part in (("validation", parts[1]), ("test", parts[2])):
        there = np.bincount(table.y[part], minlength=len(classes)) > 0
        if absent := [classes[number] for number in np.flatnonzero(enough & ~there)]:
            yield f"no {name} row is of class {listed(absent)}"


def _unlearned_words(table: Table, parts: tuple[Array, Array, Array]) -> Iterator[str]:
    """Words with a number of their own that is 0 in all training rows."""
    others = np.concatenate(parts[1:])
    for column in table.columns:
        if column.words is None:
            continue
        values = table.features[column.name]
        learned = set(values.iloc[parts[0]].unique())
        if words := [word for word in column.words if word not in learned]:
            rows = int(values.iloc[others].isin(words).sum())
            yield (
                f"{rows:,} validation or test rows hold words of {listed([column.name])} that no "
                f"training row holds, {listed(words)}: nothing can be learned of them"
            )
