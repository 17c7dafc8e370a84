"""What is known of a table beyond its rows, as a script has to say it: splits and words."""

import numpy as np
import pandas as pd

from tui_lab.data.split import FREE, TEST, VALIDATION
from tui_lab.data.table import Table
from tui_lab.experiment.dataset import Dataset
from tui_lab.script.plan import Marks, Words

NAMES = np.array(["train", "validation", "test"])
"""What a column beside the rows says of `FREE`, `VALIDATION` and `TEST`."""


def unused(name: str, table: Table) -> str:
    """A name for one more column of a table."""
    taken = {*table.features, table.facts.target}
    while name in taken:
        name += "_"
    return name


def named_splits(table: Table) -> np.ndarray:
    """(rows,) train, validation or test for each row of a table that says so."""
    return np.asarray(NAMES[held(table)])


def held(table: Table) -> np.ndarray:
    """(rows,) int8: which split each row is held for; `FREE` where for none."""
    return np.zeros(len(table.y), np.int8) if table.part is None else table.part


def marks_in(column: pd.Series, table: Table) -> Marks | None:
    """What a column says of the rows that are held for a split; None if it holds none."""
    if table.part is None or not table.part.any():
        return None
    validation, test = (
        tuple(column[table.part == split].unique().tolist()) for split in (VALIDATION, TEST)
    )
    return Marks(str(column.name), validation, test)


def words_in(known: pd.DataFrame, table: Table) -> dict[str, Words]:
    """The words of the columns of text in which some have no number of their own."""
    found = {}
    for column in table.columns:
        values = table.features[column.name]
        if column.words is None or set(values.dropna().unique()) == set(column.words):
            continue
        first = pd.Series(known[column.name].to_numpy(), values.to_numpy())
        first = first[~first.index.duplicated()]
        found[column.name] = Words(tuple(first[[*column.words]].tolist()), column.other)
    return found


def has_rare_class(dataset: Dataset, table: Table) -> bool:
    """Whether a class is so small that its share of the training rows is not one row."""
    if not (table.facts.classes and dataset.stratify):
        return False
    part = held(table)
    shares = [
        share
        for split, share in zip((FREE, VALIDATION, TEST), dataset.split, strict=True)
        if split == FREE or not (part == split).any()
    ]
    smallest = np.unique(table.y[part == FREE], return_counts=True)[1].min()
    return bool(smallest * (shares[0] / sum(shares)) + 1e-9 < 1)
