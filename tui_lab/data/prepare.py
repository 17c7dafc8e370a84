"""From a dataset to arrays for the network: everything is fitted on the training rows only."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd

from tui_lab.data.digest import paths_of, refuse_changed
from tui_lab.data.fitting import (
    Preparation,
    entered_pixels,
    fitted,
    fitted_on_pixels,
    joined,
)
from tui_lab.data.needed import size_of
from tui_lab.data.numbers import each_number
from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.prepared import Prepared, Split
from tui_lab.data.prepared_cache import keep, place_of, recall
from tui_lab.data.split import share_out
from tui_lab.data.table import Table, load
from tui_lab.data.tensor_cache import SMALLEST
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Csv, Dataset, Shipped
from tui_lab.experiment.preparation import Column, Fill

Array = np.ndarray
FEW_COLUMNS, FEW_NUMBERS = 4, 2**18
"""So many columns, or as many as make so few numbers, are held as float64 at once."""
ROWS_AT_ONCE = 2**13
"""So many rows are put together from the columns at once."""
BYTES_PER_NUMBER, BYTES_AT_ONCE = 8, 160
"""Memory a row for each number that enters (twice, for a moment), and for what is held at once."""


def prepare(dataset: Dataset) -> Prepared:
    """Reads, splits, fills, scales; the same dataset gives the same splits."""
    if not isinstance(dataset, Csv) or _size(dataset) < SMALLEST:
        return _prepare(dataset)
    refuse_changed(dataset)
    place = place_of(dataset)
    found = recall(place)
    if found is None:
        found = _prepare(dataset)
        if place_of(dataset) == place:  # it can have changed before it was read
            keep(place, found)
    return found


def _size(dataset: Csv) -> int:
    """Of its files, in bytes."""
    return sum(size_of(path) for path in paths_of(dataset).values())


def _prepare(dataset: Dataset) -> Prepared:
    table = load(dataset)
    parts = split(table, dataset)
    refuse_too_large(table)
    missing = fill_of(dataset)
    if table.facts.picture:
        found, x = _by_rows(table, parts, dataset.scale)
    else:
        features = {str(name): column for name, column in table.features.items()}
        table = replace(table, features=table.features[[]])
        found, x = _by_columns(features, table.columns, parts, missing, dataset.scale)
    y = table.y
    if not table.facts.classes:
        found = found.with_target(y[parts[0]]) if dataset.scale else found
        y = found.y(y)
    train, validation, test = (
        Split(one, y[rows], rows) for one, rows in zip(x, parts, strict=True)
    )
    return Prepared(table.facts, train, validation, test, table.columns, found, missing)


def fill_of(dataset: Dataset) -> Fill:
    """What stands for a missing number, also for rows that come after the training."""
    missing = dataset.missing if isinstance(dataset, Csv | Shipped) else "median"
    return "median" if missing == "drop" else missing


def split(table: Table, dataset: Dataset) -> tuple[Array, Array, Array]:
    """Row numbers of train, validation and test; classes are shared out in proportion.

    `BadInput` if a split would be empty, or train without a row of each class.
    """
    stratified = table.facts.classes and dataset.stratify
    groups = table.y if stratified else np.zeros(len(table.y), np.int64)
    parts = share_out(groups, table.part, dataset.split, dataset.seed)
    if classes := table.facts.classes:
        counts = np.bincount(table.y[parts[0]], minlength=len(classes))
        if not counts.all():
            name = visible(classes[int(counts.argmin())], 60)
            raise BadInput(f'no training row is of class "{name}", so it can\'t be learned')
    return parts


def refuse_too_large(table: Table) -> None:
    """`BadInput` if there is not enough memory for the arrays."""
    numbers = sum(len(column.numbers) for column in table.columns)
    refuse_if_too_large(len(table.y) * (numbers * BYTES_PER_NUMBER + BYTES_AT_ONCE))


def _by_columns(
    features: dict[str, pd.Series],
    columns: tuple[Column, ...],
    parts: tuple[Array, ...],
    missing: Fill,
    scale: bool,
) -> tuple[Preparation, list[Array]]:
    """A few columns after another, so that no array of all as float64 is needed.

    Takes each column out of `features` when its numbers are made, so that its memory gets free.
    """
    found, blocks = [], []
    for few in _few_columns(features, columns, sum(map(len, parts))):
        found.append(fitted(few[parts[0]], missing, scale))
        blocks.append(found[-1].x(few))
    return joined(found), [_beside(blocks, rows) for rows in parts]


def _beside(blocks: list[Array], rows: Array) -> Array:
    """Some rows of columns that lie in several blocks, as one array."""
    x = np.empty((len(rows), sum(block.shape[1] for block in blocks)), np.float32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        np.concatenate([block[rows[some]] for block in blocks], axis=1, out=x[some])
    return x


def _few_columns(
    features: dict[str, pd.Series], columns: tuple[Column, ...], rows: int
) -> Iterator[Array]:
    """All columns as (rows, some columns) float64.

    None stands alone unless it is the only one: NumPy sums up a single column in another order.
    """
    count = sum(len(column.numbers) for column in columns)
    each = (
        one
        for column in columns
        for one in each_number({column.name: features.pop(column.name)}, [column])
    )
    most = max(FEW_COLUMNS, FEW_NUMBERS // rows)
    for part in np.array_split(np.arange(count), -(-count // most)):
        yield np.column_stack(list(islice(each, len(part))))


def _by_rows(
    table: Table, parts: tuple[Array, ...], scale: bool
) -> tuple[Preparation, list[Array]]:
    """Pictures: some rows after another."""
    pixels = table.features.to_numpy()
    found = fitted_on_pixels(pixels, parts[0], scale)
    return found, [entered_pixels(pixels, rows, found) for rows in parts]
