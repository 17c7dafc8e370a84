"""From a dataset to arrays for the network: everything is fitted on the training rows only."""

from dataclasses import dataclass

import numpy as np

from tui_lab.data.numbers import described, numbers
from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.split import split_rows
from tui_lab.data.table import Table, load
from tui_lab.experiment.dataset import Dataset, Facts
from tui_lab.experiment.preparation import Column, SavedPreparation

Array = np.ndarray
BYTES_PER_NUMBER = 40
"""Memory for each number that enters: as read, filled, scaled, and in its split."""


@dataclass(frozen=True)
class Split:
    """x: (rows, columns) float32; y: (rows,) class numbers int64 or scaled values float32."""

    x: Array
    y: Array
    rows: Array
    """Which rows of the table these are, from 0."""


@dataclass(frozen=True)
class Preparation:
    """What was fitted on the training rows; the arrays hold one number a column."""

    fill: Array
    """What stands for a missing number: the median."""
    mean: Array
    deviation: Array
    """0 for a column that is constant in training: nothing can be learned of it, so it stays 0."""
    target_mean: float
    target_deviation: float

    def x(self, raw: Array) -> Array:
        """Columns as read -> (rows, columns) float32 without missing values, scaled."""
        centred = np.where(np.isnan(raw), self.fill, raw) - self.mean
        scaled = np.zeros_like(centred)
        np.divide(centred, self.deviation, out=scaled, where=self.deviation > 0)
        return np.asarray(scaled, np.float32)

    def y(self, y: Array) -> Array:
        """A regression's target, scaled, as float32."""
        return np.asarray((y - self.target_mean) / self.target_deviation, np.float32)


@dataclass(frozen=True)
class Prepared:
    """The three splits, ready for the network."""

    facts: Facts
    train: Split
    validation: Split
    test: Split
    columns: tuple[Column, ...]
    """The table's columns as they were read."""
    preparation: Preparation

    @property
    def saved(self) -> SavedPreparation:
        """What a run remembers of it."""
        facts, fitted = self.facts, self.preparation
        return SavedPreparation(
            dataset=facts.name,
            task=facts.task,
            rows=facts.rows,
            columns=self.columns,
            fill=tuple(fitted.fill.tolist()),
            mean=tuple(fitted.mean.tolist()),
            deviation=tuple(fitted.deviation.tolist()),
            picture=facts.picture,
            target=facts.target,
            classes=facts.classes,
            target_mean=fitted.target_mean,
            target_deviation=fitted.target_deviation,
        )


def prepare(dataset: Dataset) -> Prepared:
    """Reads, splits, fills, scales; the same dataset gives the same splits."""
    table = load(dataset)
    facts = table.facts
    parts = split(table, dataset)
    refuse_if_too_large(len(table.y) * len(facts.columns) * BYTES_PER_NUMBER)
    columns = described(table.features)
    raw = numbers(table.features, columns)
    fitted = _fit(raw[parts[0]], table.y[parts[0]], facts, dataset.scale)
    y = table.y if facts.classes else fitted.y(table.y)
    train, validation, test = (Split(fitted.x(raw[rows]), y[rows], rows) for rows in parts)
    return Prepared(facts, train, validation, test, columns, fitted)


def split(table: Table, dataset: Dataset) -> tuple[Array, Array, Array]:
    """Row numbers of train, validation and test; classes are shared out in proportion."""
    groups = table.y if table.facts.classes else np.zeros(len(table.y), np.int64)
    return split_rows(groups, dataset.split, dataset.seed)


def _fit(raw: Array, y: Array, facts: Facts, scale: bool) -> Preparation:
    """Median, mean and deviation of the training rows; a picture's pixels share the last two."""
    empty = np.isnan(raw).all(axis=0)
    fill = np.nanmedian(np.where(empty, 0.0, raw), axis=0)
    mean, deviation = np.zeros(raw.shape[1]), np.ones(raw.shape[1])
    if scale:
        full = np.where(np.isnan(raw), fill, raw)
        axis = None if facts.picture else 0
        constant = full.min(axis) == full.max(axis)
        mean = np.broadcast_to(full.mean(axis), fill.shape)
        deviation = np.broadcast_to(np.where(constant, 0.0, full.std(axis)), fill.shape)
    if facts.classes or not scale:
        return Preparation(fill, mean, deviation, 0.0, 1.0)
    spread = float(y.std()) if y.min() < y.max() else 0.0
    return Preparation(fill, mean, deviation, float(y.mean()), spread or 1.0)
