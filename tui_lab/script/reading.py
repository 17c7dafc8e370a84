"""How a script gets the very rows that a training has: found by reading the file as it will."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from tui_lab.data.columns import MISSING_WORDS, is_number
from tui_lab.data.csv_file import DELIMITERS
from tui_lab.data.open_file import read_table_text
from tui_lab.data.prepare import prepare
from tui_lab.data.table import Table, load
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv, Dataset
from tui_lab.script.plan import Source

Arguments = dict[str, Any]
"""Of `pd.read_csv`."""
AS_WRITTEN: Arguments = {"keep_default_na": False, "na_values": [""]}
"""Reads back what pandas has written."""
EXACT: Arguments = {"float_precision": "round_trip"}
"""Reads all digits of a number, which pandas 3 does without being asked."""


@dataclass(frozen=True)
class _Reading:
    """A way to read a file that gives the rows of the table."""

    arguments: Arguments
    frame: pd.DataFrame
    sorted_classes: bool
    """Whether the classes only have to be sorted to be in the order of the outputs."""


def source_of(dataset: Dataset) -> tuple[Source, bytes]:
    """What a script must know of a dataset, and the CSV file to lie beside it, if one has to.

    `BadInput` for data that can't be read, learned, or written.
    """
    table = load(dataset)
    if isinstance(dataset, Csv) and (found := _of_file(Path(dataset.csv), table)):
        return _source(dataset, table, found, file=dataset.csv), b""
    content = _frame(table).to_csv(index=False, lineterminator="\n").encode()
    found = _shortest(content, AS_WRITTEN, table)
    found = found or _shortest(content, AS_WRITTEN | EXACT, table)
    if found is None:
        raise BadInput(f"the rows of {table.facts.name} change when they are written as CSV")
    return _source(dataset, table, found), content


def _frame(table: Table) -> pd.DataFrame:
    """All columns, with the classes by name."""
    facts = table.facts
    target = [facts.classes[number] for number in table.y] if facts.classes else table.y
    return table.features.assign(**{facts.target: target})


def _of_file(path: Path, table: Table) -> _Reading | None:
    """A way for pandas alone to read someone's file; None if it is too odd for that."""
    content, encoding = read_table_text(path)
    header = content.decode(encoding).lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", header).count)
    arguments = {"sep": delimiter, "encoding": encoding, "skipinitialspace": True}
    try:
        cells = pd.read_csv(
            io.BytesIO(content), dtype="str", keep_default_na=False, **cast("Any", arguments)
        )
    except ValueError:
        return None
    arguments |= {"keep_default_na": False, "na_values": _missing_words(cells)}
    found = _shortest(content, arguments, table)
    if found is None and delimiter != ",":
        found = _shortest(content, arguments | {"decimal": ","}, table)
    return found


def _missing_words(cells: pd.DataFrame) -> list[str]:
    """The words for a missing value that occur in a table of texts."""
    found = {word for _, column in cells.items() for word in column.str.strip().unique()}
    return [word for word in MISSING_WORDS if word in found]


def _shortest(content: bytes, arguments: Arguments, table: Table) -> _Reading | None:
    """The reading with as few arguments as will do; None if all together don't do."""
    found = _reading(content, arguments, table)
    for name in arguments:
        if found:
            fewer = {key: value for key, value in found.arguments.items() if key != name}
            found = _reading(content, fewer, table) or found
    return found


def _reading(content: bytes, arguments: Arguments, table: Table) -> _Reading | None:
    """What pandas reads with these arguments, if those are the rows of the table."""
    try:
        frame = cast("pd.DataFrame", pd.read_csv(io.BytesIO(content), **arguments))
        known = frame.dropna(subset=[table.facts.target])
        if not all(_same(known[name], column) for name, column in table.features.items()):
            return None
        is_sorted = _sorted_targets(known[table.facts.target], table)
    except (KeyError, ValueError, TypeError):
        return None
    return None if is_sorted is None else _Reading(arguments, frame, is_sorted)


def _sorted_targets(target: pd.Series, table: Table) -> bool | None:
    """Whether the classes only have to be sorted; None if the targets are not the table's."""
    if not table.facts.classes:
        return _equal(target, table.y) or None
    codes, values = pd.factorize(target, sort=True)
    if np.array_equal(codes, table.y) and len(values) == len(table.facts.classes):
        return True
    listed = target.map(_classes(target, table).index)
    return False if np.array_equal(listed, table.y) else None


def _same(found: pd.Series, column: pd.Series) -> bool:
    """Whether a column gives the same numbers, or the same words in the same order."""
    if is_number(column):
        return _equal(found, column.to_numpy(np.float64))
    codes, _ = pd.factorize(found, sort=True)
    return np.array_equal(codes, pd.factorize(column, sort=True)[0])


def _equal(found: pd.Series, numbers: np.ndarray) -> bool:
    return is_number(found) and np.array_equal(found.to_numpy(np.float64), numbers, equal_nan=True)


def _classes(target: pd.Series, table: Table) -> list[object]:
    """The classes as they stand in the file, in the order of the outputs."""
    _, first = np.unique(table.y, return_index=True)
    return list(target.dropna().iloc[first].tolist())


def _source(dataset: Dataset, table: Table, found: _Reading, file: str | None = None) -> Source:
    """What the rows ask of a script."""
    facts, features, target = table.facts, table.features, found.frame[table.facts.target]
    prepared, numbers = prepare(dataset), features.select_dtypes("number")
    train = prepared.train.rows
    class_sizes = np.unique(table.y, return_counts=True)[1] if facts.classes else [len(table.y)]
    return Source(
        sizes=(len(train), len(prepared.validation.rows), len(prepared.test.rows)),
        file=file,
        reading=found.arguments,
        without_target=bool(target.isna().any()),
        left_out=tuple(found.frame.columns.difference([*features, facts.target], sort=False)),
        texts=tuple(str(name) for name in features if name not in numbers),
        classes=None if found.sorted_classes else tuple(_classes(target, table)),
        rare_class=bool(min(class_sizes) * dataset.split[0] + 1e-9 < 1),
        missing=bool(numbers.isna().any(axis=None)),
        empty=bool(numbers.iloc[train].isna().all().any()),
        constant=bool((prepared.preparation.deviation == 0).any()),
        constant_target=not facts.classes and float(np.ptp(table.y[train])) == 0,
    )
