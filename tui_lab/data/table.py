"""From a dataset to a table: the columns that enter, the target, and what is known of them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from tui_lab.data.digest import refuse_changed
from tui_lab.data.numbers import described
from tui_lab.experiment.dataset import Csv, Dataset, Facts, FromFile, Shipped
from tui_lab.experiment.generated import Generated
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.preparation import Column


@dataclass(frozen=True)
class Table:
    """Rows whose target is known."""

    features: pd.DataFrame
    """Numbers and text, as read; missing values are NaN."""
    y: np.ndarray
    """Class numbers (int64) or values (float64)."""
    facts: Facts
    columns: tuple[Column, ...] = ()
    """How the features become numbers; left out, each word becomes one."""
    part: np.ndarray | None = None
    """(rows,) int8: which rows have to be in a split (see `split`), if any have to."""
    told_apart_by: pd.DataFrame | None = None
    """Columns that aren't learned from, but make rows different that look the same."""

    def __post_init__(self) -> None:
        if not self.columns:
            object.__setattr__(self, "columns", described(self.features))

    def noting(self, *sentences: str) -> Self:
        """The same with more to know."""
        notes = (*self.facts.notes, *sentences)
        return replace(self, facts=replace(self.facts, notes=notes))


def load(dataset: Dataset) -> Table:
    """All rows of a dataset; `BadInput` for what can't be read or learned."""
    if isinstance(dataset, FromFile):
        refuse_changed(dataset)
    if isinstance(dataset, Csv):
        from tui_lab.data.csv_table import csv_table

        return csv_table(dataset)
    if isinstance(dataset, Shipped):
        from tui_lab.data.shipped import shipped_table  # it needs Table from here

        return shipped_table(dataset)
    if isinstance(dataset, Pictures):
        from tui_lab.data.pictures import pictures_table  # it needs Table from here

        return pictures_table(dataset)
    assert isinstance(dataset, Generated)
    return _generated_table(dataset)


def _generated_table(dataset: Generated) -> Table:
    facts, points = dataset.facts(), dataset.points()
    features = pd.DataFrame([point for point, _ in points], columns=list(facts.columns))
    y = np.array([target for _, target in points], np.int64 if facts.classes else np.float64)
    return Table(features, y, facts)
