"""The target of a table: which task it asks for, and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number, refuse_stray
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.losses import Task

FEWEST_ROWS, MOST_NUMBERED_CLASSES, MOST_CLASSES = 10, 20, 1000
FEWEST_GRADES = 6
"""So many whole numbers in a row can be digits or codes, but as well grades or counts."""
RARE_GRADES = 0.05
"""The share of rows that the lowest and the highest grade have together at most."""


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
    is_number: bool
    """Whether it is written in numbers, as classes may be."""


def target_of(
    column: pd.Series, path: Path, task: Literal["auto", "classification", "regression"] = "auto"
) -> Target:
    """The target in a column without missing values; `BadInput` if there is nothing to learn."""
    name, different = visible(str(column.name), 60), column.nunique()
    if different == 1:
        sentence = f'the target "{name}" is the same in all rows, so there is nothing to learn'
        raise BadInput(sentence, path)
    asked = ", as asked for" if task != "auto" else ""
    if _are_classes(column, different) if task == "auto" else task == "classification":
        _refuse_no_classes(column, path)
        holds = f'"{name}" holds {different} different {_what(column)}'
        return _classes(column, f"{holds}: classes{asked}")
    if not is_number(column):
        _refuse_words(column, path)
    why = f'"{name}" holds {different} different numbers: a regression{asked}'
    if task == "auto" and _are_grades(column):
        lowest, highest = column.min(), column.max()
        why = f'"{name}" goes from {lowest:.0f} to {highest:.0f} with most rows in between, as'
        why += " grades do: a regression; if these are names, take the task classification"
    return Target(str(column.name), "regression", column.to_numpy(np.float64), (), why, True)


def _what(column: pd.Series) -> str:
    if not is_number(column):
        return "texts"
    return "whole numbers" if _are_whole(column) else "numbers"


def _are_whole(column: pd.Series) -> bool:
    return bool((column == column.round()).all())


def _are_classes(column: pd.Series, different: int) -> bool:
    """Whether a target is texts, or so few whole numbers that they are the names of something."""
    if not is_number(column):
        return True
    few = different <= min(MOST_NUMBERED_CLASSES, max(2, len(column) / 5))
    return few and _are_whole(column) and not _are_grades(column)


def _are_grades(column: pd.Series) -> bool:
    """Whether whole numbers in a row get rarer from the middle on, unlike digits or codes."""
    counts = column.value_counts().sort_index()
    values = counts.index.to_numpy(np.float64)
    if len(values) < FEWEST_GRADES or values[-1] - values[0] != len(values) - 1:
        return False
    if not _are_whole(column) or len(values) > MOST_NUMBERED_CLASSES:
        return False
    peak, rows = int(counts.argmax()), counts.to_numpy()
    rises = bool((np.diff(rows[: peak + 1]) > 0).all() and (np.diff(rows[peak:]) < 0).all())
    return rises and rows[0] + rows[-1] <= RARE_GRADES * len(column)


def _refuse_words(column: pd.Series, path: Path) -> None:
    """`BadInput` naming the first text of a target that should be numbers."""
    wrong = column[pd.to_numeric(column, errors="coerce").isna()]
    raise BadInput(
        f'a regression needs numbers, but the target "{visible(str(column.name), 60)}" holds '
        f'"{visible(str(wrong.iloc[0]), 60)}" here; for words the task is classification',
        path,
        int(wrong.index[0]),
    )


def _refuse_no_classes(column: pd.Series, path: Path) -> None:
    """A target of classes is neither numbers with mistakes, nor fractions, nor mostly names."""
    name, different = visible(str(column.name), 60), column.nunique()
    if is_number(column):
        _refuse_fractions(column, path)
    elif (numbers := pd.to_numeric(column, errors="coerce")).notna().mean() > 0.5:
        refuse_stray(column[numbers.isna()], path)
    if different > min(MOST_CLASSES, len(column) / 2):
        what = _what(column)
        many = ": names, too many to be classes" if what == "texts" else ": too many to be classes"
        raise BadInput(
            f'the target "{name}" holds {different} different {what} in {len(column)} rows{many}',
            path,
        )


def _refuse_fractions(column: pd.Series, path: Path) -> None:
    fractions = column[column != column.round()]
    if len(fractions):
        raise BadInput(
            f'the target "{visible(str(column.name), 60)}" holds {fractions.iloc[0]:g} here, which '
            "is not a class; classes are words or whole numbers, else the task is regression",
            path,
            int(fractions.index[0]),
        )


def _classes(column: pd.Series, why: str) -> Target:
    y, values = pd.factorize(column, sort=True)
    names = tuple(class_name(value) for value in values)
    rare = [f'"{visible(names[i], 60)}"' for i in np.flatnonzero(np.bincount(y) < 3)]
    if rare:
        why += f"; too few rows to be in all three splits: {', '.join(rare[:3])}"
        why += f" and {len(rare) - 3} more" * (len(rare) > 3)
    y = y.astype(np.int64)
    return Target(str(column.name), "classification", y, names, why, is_number(column))


def maybe_grades(target: Target) -> list[str]:
    """A note on classes that may be amounts, which nothing in the numbers tells."""
    if not target.is_number or len(target.classes) < FEWEST_GRADES:
        return []
    numbers = sorted(map(float, target.classes))
    if numbers[-1] - numbers[0] != len(numbers) - 1:
        return []
    return [f'if "{visible(target.name, 60)}" holds grades or counts, take the task regression']


def class_name(value: object) -> str:
    """What a class is called: whole numbers without a decimal point, text as it is."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def class_numbers(texts: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """(rows,) float64: which of the classes each text names; NaN where it names none."""
    number_of = {name: number for number, name in enumerate(classes)}
    found = texts.map(lambda text: _class_number(text, number_of), na_action="ignore")
    return found.to_numpy(np.float64, na_value=np.nan)


def _class_number(text: object, number_of: dict[str, int]) -> float:
    """The class that a text or number names, as it would have been named in training."""
    word = class_name(text)
    try:
        names = (word, class_name(float(word.replace(",", "."))))
    except ValueError:
        names = (word, word.lower())
    return next((float(number_of[name]) for name in names if name in number_of), np.nan)


def known_targets(column: pd.Series, target: Target, path: Path) -> np.ndarray:
    """The values or class numbers of further rows; `BadInput` for a class that is a new one."""
    if not target.classes:
        return column.to_numpy(np.float64)
    numbers = class_numbers(column, target.classes)
    if np.isnan(numbers).any():
        new = column[np.isnan(numbers)]
        word = class_name(new.iloc[0])
        hint = nearest(word, target.classes)
        raise BadInput(
            f'"{visible(target.name, 60)}" is "{visible(word, 60)}" here, a class that no '
            f"training row has{visible(hint, 100)}",
            path,
            int(new.index[0]),
        )
    return numbers.astype(np.int64)
