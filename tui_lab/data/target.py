"""The target of a table: which task it asks for, and why."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number, refuse_stray
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.losses import Task

FEWEST_ROWS, MOST_NUMBERED_CLASSES, MOST_CLASSES = 10, 20, 1000


@dataclass(frozen=True)
class Target:
    """What is to be predicted."""

    name: str
    task: Task
    y: np.ndarray
    """(rows,) class numbers (int64) or values (float64)."""
    classes: tuple[str, ...]
    """The classes' names, sorted; empty for a regression."""
    why: str


def target_of(column: pd.Series, path: Path) -> Target:
    """The target in a column without missing values; `BadInput` if there is nothing to learn."""
    name, different = visible(str(column.name), 60), column.nunique()
    if len(column) < FEWEST_ROWS:
        sentence = f"has {len(column)} rows with a target; at least {FEWEST_ROWS} are needed"
        raise BadInput(sentence, path)
    if different == 1:
        sentence = f'the target "{name}" is the same in all rows, so there is nothing to learn'
        raise BadInput(sentence, path)
    if not is_number(column):
        _refuse_mistaken(column, path)
        return _classes(column, f'"{name}" holds {different} different texts: classes')
    whole = bool((column == column.round()).all())
    if whole and different <= min(MOST_NUMBERED_CLASSES, max(2, len(column) / 5)):
        return _classes(column, f'"{name}" holds {different} different whole numbers: classes')
    why = f'"{name}" holds {different} different numbers: a regression'
    return Target(str(column.name), "regression", column.to_numpy(np.float64), (), why)


def _refuse_mistaken(column: pd.Series, path: Path) -> None:
    """A target of text is either mostly numbers with mistakes, or mostly names, or classes."""
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().mean() > 0.5:
        refuse_stray(column[numbers.isna()], path)
    if column.nunique() > min(MOST_CLASSES, len(column) / 2):
        raise BadInput(
            f'the target "{visible(str(column.name), 60)}" holds {column.nunique()} different '
            f"texts in {len(column)} rows: names, too many to be classes",
            path,
        )


def _classes(column: pd.Series, why: str) -> Target:
    y, values = pd.factorize(column, sort=True)
    names = tuple(class_name(value) for value in values)
    rare = [f'"{visible(names[i], 60)}"' for i in np.flatnonzero(np.bincount(y) < 3)]
    if rare:
        why += f"; too few rows to be in all three splits: {', '.join(rare[:3])}"
        why += f" and {len(rare) - 3} more" * (len(rare) > 3)
    return Target(str(column.name), "classification", y.astype(np.int64), names, why)


def class_name(value: object) -> str:
    """What a class is called: whole numbers without a decimal point, text as it is."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
