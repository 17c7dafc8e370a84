"""New rows as a run takes them: its columns by name, and what of them it can't know."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import LARGEST, MISSING
from tui_lab.data.csv_file import read_csv
from tui_lab.data.numbers import numbers
from tui_lab.data.target import class_name
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.preparation import Column, SavedPreparation

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
    """The rows of a CSV file, whatever else is in it; `BadInput` if they can't enter."""
    inside = [column.name for column in saved.columns if column.words is None]
    frame = read_csv(path, inside)
    _refuse_missing(saved, [str(name) for name in frame.columns], path)
    features = frame[[column.name for column in saved.columns]]
    unknown = [note for column in saved.columns for note in _fitted(features, column)]
    notes = [*_holes(features[inside]), *unknown[:NAMED]]
    target = frame.get(saved.target)
    return Entered(features, None if target is None else _known(target, saved), tuple(notes))


def _refuse_missing(saved: SavedPreparation, names: list[str], path: Path) -> None:
    missing = [column.name for column in saved.columns if column.name not in names]
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


def _holes(features: pd.DataFrame) -> Iterator[str]:
    """A note on the missing numbers, if there are any."""
    holes = features.isna().sum()
    if holes.any():
        names = [f'"{visible(str(name), 60)}"' for name in holes.index[holes > 0]]
        yield f"{holes.sum():,} missing in {_some(names)}: filled with the training rows' median"


def _fitted(features: pd.DataFrame, column: Column) -> Iterator[str]:
    """Brings words to the form that they had in training; a note on those it never saw."""
    if column.words is None:
        return
    values = features[column.name]
    if set(column.words) <= {"true", "false"}:
        values = features[column.name] = values.str.lower()
    unknown = values[values.notna() & ~values.isin(column.words)]
    name, missing = visible(column.name, 60), int(values.isna().sum())
    if missing:
        yield f'{missing:,} missing in "{name}": all its numbers are 0 there'
    if len(unknown):
        word = visible(str(unknown.iloc[0]), 60)
        yield (
            f'"{name}" holds words that training never saw in {len(unknown):,} of {len(values):,} '
            f'rows, first "{word}" in line {unknown.index[0]}: all its numbers are 0 there'
        )


def _known(target: pd.Series, saved: SavedPreparation) -> np.ndarray | None:
    """The true answers as numbers, NaN where a row has none."""
    if saved.classes:
        number_of = {name: number for number, name in enumerate(saved.classes)}
        y = target.map(lambda text: _class_number(text, number_of), na_action="ignore")
    else:
        y = pd.to_numeric(target.str.replace(",", "."), errors="coerce")
        y = y.where(y.abs() <= LARGEST)
    known = y.to_numpy(np.float64, na_value=np.nan)
    return known if not np.isnan(known).all() else None


def _class_number(text: str, number_of: dict[str, int]) -> float:
    """The class that a text names, as it would have been named in training."""
    try:
        names = (text, class_name(float(text.replace(",", "."))))
    except ValueError:
        names = (text, text.lower())
    return next((float(number_of[name]) for name in names if name in number_of), np.nan)


def typed_row(texts: Mapping[str, str], saved: SavedPreparation) -> np.ndarray:
    """(1, numbers) float64 from a text for each column; `BadInput` names the wrong one."""
    row = {c.name: [_typed(texts.get(c.name, "").strip(), c)] for c in saved.columns}
    return numbers(pd.DataFrame(row), saved.columns)


def _typed(text: str, column: Column) -> float | str:
    if text.lower() in MISSING:
        return math.nan
    name = f'"{visible(column.name, 60)}"'
    if column.words is not None:
        if text not in column.words:
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
