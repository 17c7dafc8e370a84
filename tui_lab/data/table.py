"""From a table to features and a target: which columns enter, and what kind of task it is."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.csv_file import read_csv
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.dataset import Csv, Facts
from tui_lab.experiment.losses import Task

MOST_WORDS, MOST_CLASSES = 50, 20


@dataclass(frozen=True)
class Table:
    """Rows whose target is known: the columns that enter, the target, and what is known of them."""

    features: pd.DataFrame
    """Numbers and text, as read; missing values are NaN."""
    y: np.ndarray
    """Class numbers (int64) or values (float64)."""
    facts: Facts


def csv_facts(dataset: Csv) -> Facts:
    """What an experiment must know of a CSV file."""
    path = Path(dataset.csv)
    try:
        about = path.stat()
    except OSError:
        return csv_table(dataset).facts
    return _cached_facts(dataset.csv, dataset.target, (about.st_mtime_ns, about.st_size))


@lru_cache(maxsize=8)
def _cached_facts(csv: str, target: str, stamp: tuple[int, int]) -> Facts:
    return csv_table(Csv(csv=csv, target=target)).facts


def csv_table(dataset: Csv) -> Table:
    """Reads the file; `BadInput` for a target that is not there or can't be learned."""
    path = Path(dataset.csv)
    frame = read_csv(path)
    if dataset.target not in frame.columns:
        names = [str(column) for column in frame.columns]
        hint = nearest(dataset.target, names) or f" (columns: {visible(', '.join(names), 500)})"
        raise BadInput(f'there is no column "{visible(dataset.target, 60)}"{hint}', path)
    known = frame[frame[dataset.target].notna()].reset_index(drop=True)
    y, classes, why = _target(known[dataset.target], path)
    features, left_out = _features(known.drop(columns=dataset.target))
    notes = [why, *left_out]
    if len(known) < len(frame):
        notes.append(f"{len(frame) - len(known)} rows without a target were left out")
    facts = Facts(
        name=path.name,
        task="classification" if classes else "regression",
        rows=len(known),
        columns=tuple(columns_of(features)),
        classes=classes,
        target=dataset.target,
        why="; ".join(notes),
    )
    if not facts.columns:
        raise BadInput("has no column to learn from beside the target", path)
    return Table(features, y, facts)


def columns_of(features: pd.DataFrame) -> list[str]:
    """The names of the numbers that enter: a text column becomes one for each of its words."""
    names = []
    for column in features:
        if is_number(features[column]):
            names.append(str(column))
        else:
            names += [f"{column}={word}" for word in words_of(features[column])]
    return names


def words_of(column: pd.Series) -> list[str]:
    """The different texts of a column, sorted."""
    return sorted(map(str, column.dropna().unique()))


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers (booleans count as text: true and false)."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _features(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    kept, notes = [], []
    for column in frame:
        words = frame[column].nunique()
        if frame[column].isna().all():
            notes.append(f'"{column}" was left out: it is empty')
        elif is_number(frame[column]):
            kept.append(column)
        elif words > MOST_WORDS or (words > 10 and words == len(frame)):
            notes.append(f'"{column}" was left out: {words} different texts, like names')
        else:
            kept.append(column)
    return frame[kept], notes


def _target(column: pd.Series, path: Path) -> tuple[np.ndarray, tuple[str, ...], str]:
    """The target as numbers, the classes' names (none for a regression), and why."""
    if len(column) < 10:
        raise BadInput(f"has {len(column)} rows with a target; at least 10 are needed", path)
    name = visible(str(column.name), 60)
    if not is_number(column):
        _refuse_stray_text(column, name, path)
    task, why = _task(column, name)
    if column.nunique() < 2:
        raise BadInput(
            f'the target "{name}" holds only one value, so there is nothing to learn', path
        )
    if task == "regression":
        return column.to_numpy(dtype=np.float64), (), why
    values = sorted(column.unique())
    if len(values) > 1000:
        raise BadInput(f'the target "{name}" holds {len(values)} different texts, too many', path)
    classes = tuple(_class_name(value) for value in values)
    return column.map({v: i for i, v in enumerate(values)}).to_numpy(np.int64), classes, why


def _refuse_stray_text(column: pd.Series, name: str, path: Path) -> None:
    numbers = pd.to_numeric(column, errors="coerce")
    if pd.api.types.is_bool_dtype(column) or numbers.notna().mean() <= 0.5:
        return
    row = int(numbers.isna().to_numpy().argmax())
    text = visible(str(column.iloc[row]), 60)
    raise BadInput(
        f'row {row + 1} of the target "{name}" is "{text}", but the others are numbers', path
    )


def _task(column: pd.Series, name: str) -> tuple[Task, str]:
    different = column.nunique()
    if not is_number(column):
        return "classification", f'"{name}" holds text, so these are classes'
    whole = bool((column == column.round()).all())
    if whole and different <= MOST_CLASSES and different <= max(2, len(column) / 5):
        return "classification", f'"{name}" holds {different} different whole numbers: classes'
    return "regression", f'"{name}" holds {different} different numbers: a regression'


def _class_name(value: object) -> str:
    return (
        str(int(value))
        if isinstance(value, (float, np.floating)) and value == int(value)
        else str(value)
    )
