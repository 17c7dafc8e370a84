"""New rows as a run takes them: its columns by name, and what of them it can't know."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.csv_file import read_csv
from tui_lab.data.numbers import numbers
from tui_lab.data.target import class_name
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.preparation import Column, SavedPreparation

NAMED = 5
"""So many missing columns are named, the others counted."""


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
    wanted = [column.name for column in saved.columns if column.words is None]
    if not saved.classes:
        wanted.append(saved.target)
    frame = read_csv(path, wanted)
    _refuse_missing(saved, [str(name) for name in frame.columns], path)
    features = frame[[column.name for column in saved.columns]].copy()
    notes = [note for column in saved.columns for note in _fitted(features, column)]
    target = frame.get(saved.target)
    return Entered(features, None if target is None else _known(target, saved), tuple(notes))


def _refuse_missing(saved: SavedPreparation, names: list[str], path: Path) -> None:
    missing = [column.name for column in saved.columns if column.name not in names]
    if missing:
        told = ", ".join(_with_nearest(name, names) for name in missing[:NAMED])
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        plural = "s" if len(missing) > 1 else ""
        raise BadInput(f"lacks the column{plural} {told}{more}", path, 1)


def _with_nearest(name: str, names: list[str]) -> str:
    hint = nearest(name, names).removeprefix("; ")
    return f'"{visible(name, 60)}"' + (f" ({visible(hint, 100)})" if hint else "")


def _fitted(features: pd.DataFrame, column: Column) -> Iterator[str]:
    """Brings words to the form of training; a note on what is missing or unknown."""
    values, name = features[column.name], visible(column.name, 60)
    if column.words is None:
        if holes := int(values.isna().sum()):
            yield f'{_counted(holes)} no "{name}": filled with the median of the training rows'
        return
    if set(column.words) <= {"true", "false"}:
        values = features[column.name] = values.str.lower()
    unknown = values[values.notna() & ~values.isin(column.words)]
    if len(unknown):
        word = visible(str(unknown.iloc[0]), 60)
        yield (
            f'{_counted(len(unknown))} in "{name}" a word that training never saw, such as '
            f'"{word}" in line {unknown.index[0]}: none of its numbers is 1 there'
        )


def _counted(rows: int) -> str:
    return f"{rows:,} rows have" if rows != 1 else "1 row has"


def _known(target: pd.Series, saved: SavedPreparation) -> np.ndarray | None:
    """The true answers as numbers, NaN where a row has none."""
    if saved.classes:
        number_of = {name: number for number, name in enumerate(saved.classes)}
        y = target.map(lambda text: _class_number(text, number_of), na_action="ignore")
    elif is_number(target):
        y = target
    else:
        return None
    known = y.to_numpy(np.float64, na_value=np.nan)
    return known if not np.isnan(known).all() else None


def _class_number(text: str, number_of: dict[str, int]) -> float:
    """The class that a text names, as it would have been named in training."""
    try:
        names = (text, class_name(float(text.replace(",", "."))))
    except ValueError:
        names = (text, text.lower())
    return next((float(number_of[name]) for name in names if name in number_of), np.nan)
