"""Tables of one's own: from a CSV file, and perhaps one each for validation and test."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.baseline import baseline_of
from tui_lab.data.enter import rows_like
from tui_lab.data.features import entering, made_numbers, refuse_unknown
from tui_lab.data.numbers import described
from tui_lab.data.split import TEST, VALIDATION
from tui_lab.data.split_column import lacking, marked
from tui_lab.data.table import Table, load
from tui_lab.data.table_file import read_table
from tui_lab.data.target import FEWEST_ROWS, Target, known_targets, maybe_grades, target_of
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Csv, Facts
from tui_lab.experiment.preparation import Column

ANSWERED = ("with a target", "without a target")
COMPLETE = ("in which nothing is missing", "in which something is missing")
"""What rows that are used have, and others lack."""


def csv_facts(dataset: Csv) -> Facts:
    """What an experiment must know of a table, read again only when a file has changed."""
    alike = dataset.model_copy(update={"batch_size": 32, "shuffle": True, "scale": True})
    try:
        files = [Path(path).stat() for name in dataset.paths if (path := getattr(dataset, name))]
    except (OSError, ValueError):
        return _facts(alike)
    return _cached(alike, tuple((f.st_dev, f.st_ino, f.st_mtime_ns, f.st_size) for f in files))


@lru_cache(maxsize=8)
def _cached(dataset: Csv, stamps: tuple[tuple[int, ...], ...]) -> Facts:
    return _facts(dataset)


def _facts(dataset: Csv) -> Facts:
    from tui_lab.data.findings import findings
    from tui_lab.data.prepare import refuse_too_large, split

    table = load(dataset)
    refuse_too_large(table)
    found = findings(table, split(table, dataset))
    return replace(table.facts, notes=(*table.facts.notes, *found))


def csv_table(dataset: Csv) -> Table:
    """All rows with a target, those of further files last; `BadInput` if they can't be used."""
    path = Path(dataset.csv)
    frame, read_with = read_table(path)
    refuse_unknown(dataset, frame.columns)
    known, left_out = _usable(frame, [dataset.target], ANSWERED, path)
    chosen = entering(known.drop(columns=_not_learned(dataset)), dataset)
    if dataset.missing == "drop":
        known, more = _usable(known, chosen.names, COMPLETE, path)
        left_out += more
    target = target_of(known[dataset.target], path, dataset.task)
    features = known[chosen.names]
    columns = described(features, dataset.rare)
    made = made_numbers(features, columns, dataset.missing)
    facts = _first_facts(dataset.title, target, columns)
    table = Table(features, target.y, facts, columns, told_apart_by=known[chosen.beside])
    grades = maybe_grades(target) if dataset.task == "auto" else []
    table = table.noting(*grades, *chosen.notes, *made, *left_out)
    if dataset.split_column is not None:
        part = marked(known[dataset.split_column], path)
        table = replace(table, part=part).noting(*lacking(part))
    return _with_files(table.noting(*read_with), target, dataset)


def _not_learned(dataset: Csv) -> list[str]:
    return [name for name in (dataset.target, dataset.split_column) if name is not None]


def _usable(
    frame: pd.DataFrame,
    names: list[str],
    said: tuple[str, str],
    path: Path,
    fewest: int = FEWEST_ROWS,
) -> tuple[pd.DataFrame, list[str]]:
    """The rows in which none of these columns lacks a value, and a note on the others."""
    whole = np.logical_and.reduce([frame[name].notna() for name in names])
    count = int(np.count_nonzero(whole))
    if count < fewest:
        least = "one is" if fewest == 1 else f"{fewest} are"
        raise BadInput(f"has {_rows(count)} {said[0]}; at least {least} needed", path)
    if count == len(frame):
        return frame, []
    left_out = len(frame) - count
    were = "was" if left_out == 1 else "were"
    return frame[whole], [f"{_rows(left_out)} {said[1]} {were} left out"]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _first_facts(name: str, target: Target, columns: tuple[Column, ...]) -> Facts:
    return Facts(
        name=name,
        task=target.task,
        rows=len(target.y),
        columns=tuple(name for column in columns for name in column.numbers),
        classes=target.classes,
        target=target.name,
        why=target.why,
        baseline=baseline_of(target.y, bool(target.classes)),
    )


def _with_files(table: Table, target: Target, dataset: Csv) -> Table:
    """The rows of the files for validation and test behind those that there are."""
    for split, file in ((VALIDATION, dataset.validation), (TEST, dataset.test)):
        if file:
            table = _with_file(table, Path(file), split, target, dataset)
    return table


def _with_file(table: Table, path: Path, split: int, target: Target, dataset: Csv) -> Table:
    names = [column.name for column in table.columns]
    frame, notes = rows_like(path, table.columns, target.name, target.is_number)
    frame, left_out = _usable(frame, [target.name], ANSWERED, path, fewest=1)
    if dataset.missing == "drop":
        frame, more = _usable(frame, names, COMPLETE, path, fewest=1)
        left_out += more
    y = known_targets(frame[target.name], target, path)
    part = np.zeros(len(table.y), np.int8) if table.part is None else table.part
    return replace(
        table,
        features=pd.concat([table.features, frame[names]]),
        y=np.concatenate([table.y, y]),
        part=np.concatenate([part, np.full(len(y), split, np.int8)]),
        facts=replace(table.facts, rows=len(table.y) + len(y)),
        told_apart_by=None,
    ).noting(*(f"{visible(path.name, 60)}: {note}" for note in (*notes, *left_out)))
