"""Splits and scaling: everything is fitted on the training rows only."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from tui_lab.data.csv_file import read_csv
from tui_lab.data.table import Table, csv_table, is_number, words_of
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Csv, Dataset, Facts, Shipped, shipped_folder
from tui_lab.experiment.generated import Generated

Array = np.ndarray


@dataclass(frozen=True)
class Split:
    """x: (rows, columns) float32; y: (rows,) class numbers int64 or scaled values float32."""

    x: Array
    y: Array
    rows: Array
    """Which rows of the table these are, from 0."""


@dataclass(frozen=True)
class Preparation:
    """What was fitted on the training rows, and what makes new rows fit the network."""

    columns: tuple[str, ...]
    fill: tuple[float, ...]
    """What stands for a missing number: the median."""
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    target_mean: float
    target_deviation: float
    classes: tuple[str, ...]

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Preparation":
        """Reads what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
        return cls(**{**fields, **lists})


@dataclass(frozen=True)
class Prepared:
    """The three splits, ready for the network."""

    facts: Facts
    train: Split
    validation: Split
    test: Split
    preparation: Preparation


def prepare(dataset: Dataset) -> Prepared:
    """Reads, splits, fills, scales; the same dataset gives the same splits."""
    table = load(dataset)
    raw = _numbers(table)
    parts = split_rows(table.y, table.facts, dataset)
    preparation = _fit(raw[parts[0]], table.y[parts[0]], table.facts, dataset.scale)
    x = _scaled(raw, preparation)
    y = table.y
    if not table.facts.classes:
        y = ((y - preparation.target_mean) / preparation.target_deviation).astype(np.float32)
    splits = [Split(x[rows], y[rows], rows) for rows in parts]
    return Prepared(table.facts, splits[0], splits[1], splits[2], preparation)


def load(dataset: Dataset) -> Table:
    """The rows of a shipped, generated or CSV dataset."""
    if isinstance(dataset, Csv):
        return csv_table(dataset)
    facts = dataset.facts()
    if isinstance(dataset, Generated):
        points = dataset.points()
        features = pd.DataFrame([point[0] for point in points], columns=list(facts.columns))
        target = np.array([point[1] for point in points])
        return Table(features, target.astype(np.int64) if facts.classes else target, facts)
    assert isinstance(dataset, Shipped)
    frame = read_csv(shipped_folder("datasets") / dataset.name / "data.csv")
    features, column = frame[list(facts.columns)], frame[facts.target]
    if not facts.classes:
        return Table(features, column.to_numpy(np.float64), facts)
    numbers = {name: number for number, name in enumerate(facts.classes)}
    return Table(features, column.astype(str).map(numbers).to_numpy(np.int64), facts)


def _numbers(table: Table) -> Array:
    """(rows, columns) float64: text columns as one column a word, missing numbers as NaN."""
    columns: list[Any] = []
    for name in table.features:
        column = table.features[name]
        if is_number(column):
            columns.append(column.to_numpy(np.float64, na_value=np.nan))
        else:
            columns += [
                (column.astype(str) == word).to_numpy(np.float64) for word in words_of(column)
            ]
    raw = np.column_stack(columns)
    if (np.abs(raw) > 1e37).any():
        at = int((np.abs(raw) > 1e37).any(axis=0).argmax())
        name = visible(table.facts.columns[at], 60)
        raise BadInput(f'column "{name}" holds numbers over 1e37, too large to train on')
    return raw


def split_rows(y: Array, facts: Facts, dataset: Dataset) -> tuple[Array, Array, Array]:
    """Row numbers of train, validation and test; each class is shared out in proportion."""
    random = np.random.default_rng(dataset.seed)
    order = random.permutation(len(y))
    if facts.classes:
        order = order[np.argsort(y[order], kind="stable")]
    sizes = [round(len(y) * share) for share in dataset.split]
    validation, test = max(sizes[1], 1), max(sizes[2], 1)
    train = len(y) - validation - test
    if train < 2 or len(y) < 5:
        raise BadInput(f"{len(y)} rows are too few for three splits")
    dealt = _dealt(order, (train, validation, test))
    parts = (random.permutation(dealt[0]), dealt[1], dealt[2])
    missing = set(np.unique(y)) - set(np.unique(y[parts[0]])) if facts.classes else set()
    if missing:
        name = visible(facts.classes[int(missing.pop())], 60)
        raise BadInput(f'class "{name}" has too few rows: none of them is among the training rows')
    return parts


def _dealt(order: Array, sizes: tuple[int, int, int]) -> tuple[Array, Array, Array]:
    """Deals rows in turn, each to the split that lacks most of its share.

    Rows that lie together, like those of a class, are so shared out in proportion.
    """
    share = np.array(sizes) / len(order)
    counts, dealt = np.zeros(3), np.empty(len(order), dtype=np.int64)
    for index in range(len(order)):
        lack = share * (index + 1) - counts
        dealt[index] = lack.argmax()
        counts[dealt[index]] += 1
    train, validation, test = (order[dealt == part] for part in range(3))
    return train, validation, test


def _fit(raw: Array, y: Array, facts: Facts, scale: bool) -> Preparation:
    width = raw.shape[1]
    with np.errstate(all="ignore"):
        empty = np.isnan(raw).all(axis=0)
        fill = np.where(empty, 0.0, np.nanmedian(np.where(empty, 0.0, raw), axis=0))
    full = np.where(np.isnan(raw), fill, raw)
    mean, deviation = np.zeros(width), np.ones(width)
    if scale and facts.picture:
        mean, deviation = np.full(width, full.mean()), np.full(width, full.std() or 1.0)
    elif scale:
        mean, deviation = full.mean(axis=0), full.std(axis=0)
        deviation = np.where(deviation > 1e-12 * np.maximum(np.abs(mean), 1e-300), deviation, 1.0)
    number = scale and not facts.classes
    return Preparation(
        columns=facts.columns,
        fill=tuple(map(float, fill)),
        mean=tuple(map(float, mean)),
        deviation=tuple(map(float, deviation)),
        target_mean=float(y.mean()) if number else 0.0,
        target_deviation=(float(y.std()) or 1.0) if number else 1.0,
        classes=facts.classes,
    )


def _scaled(raw: Array, fitted: Preparation) -> Array:
    full = np.where(np.isnan(raw), np.array(fitted.fill), raw)
    scaled: Array = ((full - np.array(fitted.mean)) / np.array(fitted.deviation)).astype(np.float32)
    return scaled
