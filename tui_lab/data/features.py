"""Which columns of a table one learns from, and in words what becomes of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.kinds import Kind, kinds_of
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.dataset import Csv
from tui_lab.experiment.preparation import OTHER, Column

REASONS: dict[Kind, str] = {
    "empty": "empty",
    "constant": "the same in all rows",
    "identifier": "a number or name for each row",
    "dates": "dates or times",
    "names": "text that differs in most rows, like names",
}
SAY_NOTHING = ("empty", "constant", "identifier")
"""Kinds that don't tell rows apart that are copies of each other."""
FILLED = {
    "median": "filled with the median of the training rows",
    "mean": "filled with the mean of the training rows",
    "most_frequent": "filled with the most frequent value of the training rows",
}


@dataclass(frozen=True)
class Chosen:
    """The columns of a table beside the target."""

    names: list[str]
    """Those to learn from."""
    beside: list[str]
    """Others by which two rows that look the same may be told apart: names, dates, unasked ones."""
    notes: list[str]


def entering(others: pd.DataFrame, dataset: Csv) -> Chosen:
    """The columns to learn from among those beside the target; `BadInput` if there is none."""
    kinds = kinds_of(others, dataset.rare)
    asked = dataset.columns or [name for name, kind in kinds.items() if kind not in REASONS]
    names = [name for name in kinds if name in asked]
    if not names:
        raise BadInput("has no column to learn from beside the target", Path(dataset.csv))
    beside = [n for n, kind in kinds.items() if n not in names and kind not in SAY_NOTHING]
    if not dataset.columns:
        return Chosen(names, beside, [*_told(kinds, "left out, being")])
    useless = {name: kinds[name] for name in names if kinds[name] in ("empty", "constant")}
    return Chosen(names, beside, [*_told(useless, "nothing can be learned from what is")])


def _told(kinds: dict[str, Kind], begin: str) -> Iterator[str]:
    """A sentence for each reason to leave columns out."""
    for kind, reason in REASONS.items():
        if names := [name for name, found in kinds.items() if found == kind]:
            yield f"{begin} {reason}: {listed(names)}"


def made_numbers(features: pd.DataFrame, columns: Iterable[Column], missing: str) -> list[str]:
    """A sentence on how texts and missing values become numbers, where there are any."""
    worded = [column for column in columns if column.words is not None]
    texts = [column.name for column in worded]
    notes = [f"one number for each word of {listed(texts)}"] if texts else []
    notes += [_grouped(column, features[column.name]) for column in worded if column.other]
    if without := features[texts].isna().sum().sum():
        notes.append(f"{without:,} missing words are 0 in all their numbers")
    holes = sum(int(x.isna().sum()) for _, x in features.items() if is_number(x))
    return notes + ([f"{holes:,} missing numbers are {FILLED[missing]}"] if holes else [])


def _grouped(column: Column, values: pd.Series) -> str:
    rare = values[values.notna() & ~values.isin(column.words or ())]
    many = f"{rare.nunique():,} rare words in {len(rare):,} rows"
    return f'{many} share the number "{visible(column.name, 60)}={OTHER}"'


def listed(names: Iterable[object]) -> str:
    """The first three names, and how many more there are."""
    quoted = [f'"{visible(str(name), 60)}"' for name in names]
    more = f" and {len(quoted) - 3} more" if len(quoted) > 3 else ""
    return ", ".join(quoted[:3]) + more


def refuse_unknown(dataset: Csv, there: Iterable[object]) -> None:
    """`BadInput` for a target or column that the table hasn't, or that is asked for twice."""
    names, path = [str(name) for name in there], Path(dataset.csv)
    split_column = [dataset.split_column] if dataset.split_column is not None else []
    for name in [dataset.target, *(dataset.columns or ()), *split_column]:
        if name not in names:
            hint = f"{nearest(name, names)} (columns: {visible(', '.join(names), 500)})"
            raise BadInput(f'there is no column "{visible(name, 60)}"{hint}', path)
    for what in ("target", "split_column"):
        if (name := getattr(dataset, what)) in (dataset.columns or ()):
            raise BadInput(f'"{visible(name, 60)}" is the {what}, so it can\'t be in columns')
    if dataset.split_column == dataset.target:
        raise BadInput(f'"{visible(dataset.target, 60)}" can\'t be target and split_column')
