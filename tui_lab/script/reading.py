"""How a script gets the very rows that a training has: found by reading the file as it will."""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from tui_lab.data.columns import MISSING_WORDS, is_number
from tui_lab.data.dialect import delimiter_of
from tui_lab.data.needed import is_parquet
from tui_lab.data.prepare import prepare
from tui_lab.data.table import Table, load
from tui_lab.data.text_file import TextFile, text_file
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv, Dataset
from tui_lab.script.guard import bare, guarded
from tui_lab.script.held import has_rare_class, marks_in, named_splits, unused, words_in
from tui_lab.script.plan import Dropped, Source

Arguments = dict[str, Any]
"""Of `pd.read_csv`."""
AS_WRITTEN: Arguments = {"keep_default_na": False, "na_values": [""]}
"""Reads back what pandas has written."""
EXACT: Arguments = {"float_precision": "round_trip"}
"""Reads all digits of a number, which pandas 3 does without being asked."""
PACKED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")
"""Endings by which pandas takes a file for a packed one."""


@dataclass(frozen=True)
class _Reading:
    """A way to read a file that gives the rows of the table."""

    arguments: Arguments
    frame: pd.DataFrame
    """All rows of the file."""
    known: pd.DataFrame
    """Those of the table."""
    sorted_classes: bool
    """Whether the classes only have to be sorted to be in the order of the outputs."""


def source_of(dataset: Dataset) -> tuple[Source, bytes]:
    """What a script must know of a dataset, and the CSV file to lie beside it, if one has to.

    `BadInput` for data that can't be read, learned, or written.
    """
    table = load(dataset)
    if (
        isinstance(dataset, Csv)
        and not (dataset.validation or dataset.test or is_parquet(Path(dataset.csv)))
        and (found := _of_file(Path(dataset.csv), table))
    ):
        return _source(dataset, table, found, dataset.split_column, dataset.csv), b""
    marks = None if table.part is None else unused("split", table)
    rows = _frame(table, marks)
    safe = guarded(rows)
    is_guarded = safe is not rows
    content = safe.to_csv(index=False, lineterminator="\n").encode()
    found = _shortest(content, AS_WRITTEN, table, is_guarded)
    found = found or _shortest(content, AS_WRITTEN | EXACT, table, is_guarded)
    if found is None:
        raise BadInput(f"the rows of {table.facts.name} change when they are written as CSV")
    return replace(_source(dataset, table, found, marks), guarded=is_guarded), content


def _frame(table: Table, marks: str | None) -> pd.DataFrame:
    """All columns, with the classes by name; float32 as float64, so that all digits are written."""
    facts, kinds = table.facts, table.features.dtypes
    exact = {name: np.float64 for name, kind in kinds.items() if kind == np.float32}
    target = [facts.classes[number] for number in table.y] if facts.classes else table.y
    features = table.features.astype(exact) if exact else table.features
    frame = features.copy(deep=False)  # `assign` can't take a column called `self`
    frame[facts.target] = target
    if marks is not None:
        frame[marks] = named_splits(table)
    return frame


def _of_file(path: Path, table: Table) -> _Reading | None:
    """A way for pandas alone to read someone's file; None if it is too odd for that."""
    text = text_file(path)
    content, delimiter = text.content(), delimiter_of(text.head)
    arguments = {"sep": delimiter, "encoding": text.encoding, "skipinitialspace": True}
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
    return found and replace(found, arguments=found.arguments | _packing(text))


def _packing(text: TextFile) -> Arguments:
    """What pandas must be told of how a file is packed, which it tells by the name."""
    name = text.path.name.lower()
    packed = name.endswith(".gz") and not name.endswith(".tar.gz")
    if text.is_packed:
        return {} if packed else {"compression": "gzip"}
    return {"compression": None} if name.endswith(PACKED) else {}


def _missing_words(cells: pd.DataFrame) -> list[str]:
    """The words for a missing value that occur in a table of texts."""
    found = {word for _, column in cells.items() for word in column.str.strip().unique()}
    return [word for word in MISSING_WORDS if word in found]


def _shortest(
    content: bytes, arguments: Arguments, table: Table, is_guarded: bool = False
) -> _Reading | None:
    """The reading with as few arguments as will do; None if all together don't do."""
    found = _reading(content, arguments, table, is_guarded)
    for name in arguments:
        if found:
            fewer = {key: value for key, value in found.arguments.items() if key != name}
            found = _reading(content, fewer, table, is_guarded) or found
    return found


def _reading(
    content: bytes, arguments: Arguments, table: Table, is_guarded: bool
) -> _Reading | None:
    """What pandas reads with these arguments, if those are the rows of the table."""
    try:
        frame = cast("pd.DataFrame", pd.read_csv(io.BytesIO(content), **arguments))
        frame = bare(frame) if is_guarded else frame
        known = frame.dropna(subset=[table.facts.target])
        if len(known) > len(table.y):
            known = known.dropna(subset=[*table.features])  # as the table's own, see `missing`
        if not all(_same(known[name], column) for name, column in table.features.items()):
            return None
        is_sorted = _sorted_targets(known[table.facts.target], table)
    except (KeyError, ValueError, TypeError):
        return None
    return None if is_sorted is None else _Reading(arguments, frame, known, is_sorted)


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


def _source(
    dataset: Dataset, table: Table, found: _Reading, marks: str | None, file: str | None = None
) -> Source:
    """What the rows ask of a script."""
    facts, features = table.facts, table.features
    prepared, numbers = prepare(dataset), features.select_dtypes("number")
    train = prepared.train.rows
    marks_of_rows = None if marks is None else marks_in(found.known[marks], table)
    entering = [*features, facts.target, *([marks] if marks_of_rows else [])]
    return Source(
        sizes=(len(train), len(prepared.validation.rows), len(prepared.test.rows)),
        file=file,
        reading=found.arguments,
        dropped=_dropped(found, facts.target),
        left_out=tuple(found.frame.columns.difference(entering, sort=False)),
        marks=marks_of_rows,
        texts=tuple(str(name) for name in features if name not in numbers),
        words=words_in(found.known, table),
        classes=None if found.sorted_classes else tuple(_classes(found.known[facts.target], table)),
        rare_class=has_rare_class(dataset, table),
        missing=prepared.missing if numbers.isna().any(axis=None) else None,
        empty=bool(numbers.iloc[train].isna().all().any()),
        constant=bool((prepared.preparation.deviation == 0).any()),
        constant_target=not facts.classes and float(np.ptp(table.y[train])) == 0,
    )


def _dropped(found: _Reading, target: str) -> Dropped:
    """Which rows of the file are not in the table."""
    if len(found.known) == len(found.frame):
        return ""
    answered = found.frame[target].notna().sum()
    return "without target" if len(found.known) == answered else "incomplete"
