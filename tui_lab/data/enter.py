"""New rows as a run takes them: its columns by name, and what of them it can't know."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import LARGEST, MISSING
from tui_lab.data.numbers import numbers
from tui_lab.data.opening import are_pictures
from tui_lab.data.table_file import read_table
from tui_lab.data.target import class_numbers
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.preparation import OTHER, Column, Fill, SavedPreparation

NAMED = 5
"""So many columns are named, the others counted."""


@dataclass(frozen=True)
class Entered:
    """Rows for a run, in the file's order."""

    features: pd.DataFrame
    """The columns that enter; its index is each row's line in the file."""
    y: np.ndarray | None
    """(rows,) float64 class numbers or values where they are known, else NaN; None without any."""
    notes: tuple[str, ...]
    """A sentence for each thing that the run can't know or has to fill."""

    def raw(self, saved: SavedPreparation, start: int, stop: int) -> np.ndarray:
        """Some of the rows as (rows, numbers) float64, missing numbers being NaN."""
        return numbers(self.features.iloc[start:stop], saved.columns)


def read_rows(path: Path, saved: SavedPreparation) -> Entered:
    """The rows of a table, whatever else is in it; `BadInput` if they can't enter."""
    if saved.picture and are_pictures(path):
        raise BadInput(
            "holds pictures; only a table with a column for each pixel is answered", path
        )
    frame, unknown = rows_like(path, saved.columns)
    features = frame[[column.name for column in saved.columns]]
    inside = [column.name for column in saved.columns if column.words is None]
    notes = [*_holes(features[inside], saved.missing), *unknown[:NAMED]]
    target = frame.get(saved.target)
    return Entered(features, None if target is None else _known(target, saved), tuple(notes))


def rows_like(
    path: Path, columns: Iterable[Column], target: str | None = None, in_numbers: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """A table in which columns are what they were in training, and notes on unknown words.

    `BadInput` if one of the columns is not there, or the target if one is named; `in_numbers` says
    that this is numbers.
    """
    numbers = [column.name for column in columns if column.words is None]
    frame, read_with = read_table(path, [*numbers, *([target] if target and in_numbers else [])])
    wanted = [column.name for column in columns]
    _refuse_missing(
        wanted + ([] if target is None else [target]), [str(name) for name in frame], path
    )
    return frame, read_with + [note for column in columns for note in _fitted(frame, column)]


def _refuse_missing(wanted: list[str], names: list[str], path: Path) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        told = _some([_with_nearest(name, names) for name in missing])
        raise BadInput(f"lacks the column{plural} {told}", path, 1)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _with_nearest(name: str, names: list[str]) -> str:
    hint = nearest(name, names).removeprefix("; ")
    return f'"{visible(name, 60)}"' + (f" ({visible(hint, 100)})" if hint else "")


def _holes(features: pd.DataFrame, missing: Fill) -> Iterator[str]:
    """A note on the missing numbers, if there are any."""
    holes = features.isna().sum()
    if holes.any():
        names = [f'"{visible(str(name), 60)}"' for name in holes.index[holes > 0]]
        filled = f"filled with the training rows' {missing.replace('_', ' ')}"
        filled += " value" if missing == "most_frequent" else ""
        yield f"{holes.sum():,} missing in {_some(names)}: {filled}"


def _fitted(frame: pd.DataFrame, column: Column) -> Iterator[str]:
    """Brings words to the form that they had in training; a note on those it never saw."""
    if column.words is None:
        return
    values = frame[column.name]
    if set(column.words) <= {"true", "false"}:
        values = frame[column.name] = values.str.lower()
    unknown = values[values.notna() & ~values.isin(column.words)]
    name, missing = visible(column.name, 60), int(values.isna().sum())
    if missing:
        yield f'{missing:,} missing in "{name}": all its numbers are 0 there'
    if len(unknown):
        word = visible(str(unknown.iloc[0]), 60)
        seen, meaning = "never saw", "all its numbers are 0 there"
        if column.other:
            seen, meaning = "never or rarely saw", f"{OTHER} stands for them"
        yield (
            f'"{name}" holds words that training {seen} in {len(unknown):,} of {len(values):,} '
            f'rows, first "{word}" in line {unknown.index[0]}: {meaning}'
        )


def _known(target: pd.Series, saved: SavedPreparation) -> np.ndarray | None:
    """The true answers as numbers, NaN where a row has none."""
    if saved.classes:
        known = class_numbers(target, saved.classes)
    else:
        has_points = target.str.contains(".", regex=False).any()
        digits = target if has_points else target.str.replace(",", ".")
        y = pd.to_numeric(digits, errors="coerce")
        known = y.where(y.abs() <= LARGEST).to_numpy(np.float64, na_value=np.nan)
    return known if not np.isnan(known).all() else None


def typed_row(texts: Mapping[str, str], saved: SavedPreparation) -> np.ndarray:
    """(1, numbers) float64 from a text for each column; `BadInput` names the wrong one."""
    row = {c.name: [_typed(texts.get(c.name, "").strip(), c)] for c in saved.columns}
    return numbers(pd.DataFrame(row), saved.columns)


def _typed(text: str, column: Column) -> float | str:
    if text.lower() in MISSING:
        return math.nan
    name = f'"{visible(column.name, 60)}"'
    if column.words is not None:
        if text not in column.words and not column.other:
            hint = nearest(text, column.words)
            raise BadInput(f'{name} never was "{visible(text, 60)}" in training{hint}')
        return text
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise BadInput(f'{name} should be a number, not "{visible(text, 60)}"') from None
    if not abs(number) <= LARGEST:
        raise BadInput(f"{name} should be at most 3.4e38, not {visible(text, 60)}")
    return number
