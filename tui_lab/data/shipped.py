"""The tables of `datasets/`: rows from data.csv or data.npz, all else from the card."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.baseline import baseline_of
from tui_lab.data.npz import read_array
from tui_lab.data.table import Table
from tui_lab.data.table_file import read_table
from tui_lab.data.target import FEWEST_ROWS, class_name
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Facts, Shipped, grouped


def shipped_table(dataset: Shipped) -> Table:
    """The rows and classes that are asked for; `BadInput` if the data don't suit the card."""
    facts, packed = dataset.whole_facts(), dataset.folder / "data.npz"
    if packed.exists():
        features, y = _pixels(packed, facts)
    else:
        features, y = _csv(dataset.folder / "data.csv", facts)
    return _some(Table(features, y, replace(facts, rows=len(y))), dataset)


def _csv(path: Path, facts: Facts) -> tuple[pd.DataFrame, np.ndarray]:
    frame, _ = read_table(path)
    if set(frame.columns) != {*facts.columns, facts.target}:
        raise BadInput("the columns are not those that card.yaml names", path, 1)
    column = frame[facts.target]
    if not facts.classes:
        y = column.to_numpy(np.float64)
    else:
        numbers = {name: number for number, name in enumerate(facts.classes)}
        y = column.map(class_name).map(numbers).to_numpy(np.float64)
    if np.isnan(y).any():
        line = int(column.index[np.isnan(y)][0])
        raise BadInput("the target is not one of those that card.yaml names", path, line)
    return frame[list(facts.columns)], y.astype(np.int64) if facts.classes else y


def _pixels(path: Path, facts: Facts) -> tuple[pd.DataFrame, np.ndarray]:
    """x: (rows, height, width) or (rows, channels, height, width) uint8; y: class numbers."""
    x, y = read_array(path, "x"), read_array(path, "y").astype(np.int64)
    if len(x) != len(y) or x[0].size != len(facts.columns) or y.max() >= len(facts.classes):
        raise BadInput("the arrays are not those that card.yaml speaks of", path)
    return pd.DataFrame(x.reshape(len(x), -1), columns=list(facts.columns), copy=False), y


def _some(table: Table, dataset: Shipped) -> Table:
    """Only the rows, classes and columns that the dataset asks for."""
    first, last = dataset.rows or (1, len(table.y))
    kept, y = np.arange(len(table.y)), table.y
    kept = kept[first - 1 : last]
    features = table.features[list(dataset.columns or table.features)]
    if dataset.missing == "drop":
        kept = kept[features.iloc[kept].notna().all(axis=1)]
    classes = table.facts.classes
    if dataset.classes is not None:
        parts = grouped(dataset.classes)
        number = {name: at for at, names in enumerate(parts.values()) for name in names}
        y = np.array([number.get(name, -1) for name in classes])[y]
        kept, classes = kept[y[kept] >= 0], tuple(parts)
    columns = dataset.columns or table.facts.columns
    facts = replace(table.facts, rows=len(kept), columns=columns, classes=classes)
    if dataset.is_read_for_facts:
        facts = replace(facts, baseline=baseline_of(y[kept], bool(classes)))
    _refuse_too_few(facts, y[kept], dataset)
    return Table(features.iloc[kept], y[kept], facts)


def _refuse_too_few(facts: Facts, y: np.ndarray, dataset: Shipped) -> None:
    counts = np.bincount(y, minlength=len(facts.classes)) if facts.classes else np.array([len(y)])
    where = "{}-{}".format(*dataset.rows) if dataset.rows else "all"
    if not counts.all():
        name = visible(facts.classes[int(counts.argmin())], 60)
        raise BadInput(f'rows: there is no row of class "{name}" among rows {where}')
    if len(y) < FEWEST_ROWS:
        raise BadInput(f"rows: only {len(y)} are left; at least {FEWEST_ROWS} are needed")
