"""Reading a Parquet file column by column; pyarrow, which does it, need not be there."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tui_lab.data.columns import as_text, cleaned, refuse_unbounded, wrong_names
from tui_lab.data.open_file import opened, refuse_changed, refuse_if_too_large, stamp_of
from tui_lab.data.progress import progressed
from tui_lab.data.target import class_name
from tui_lab.errors import BadInput, visible

BYTES_PER_CELL, BYTES_PER_BYTE = 9, 2
"""Memory of a cell, and of what a file's unpacked bytes become on the way."""
BROKEN = (OSError, ValueError, IndexError, MemoryError, OverflowError)
"""What reading a damaged file raises, beside pyarrow's own exceptions."""


def read_parquet(
    path: Path, numbers: Collection[str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """All columns, numbers or text, each row's number (from 1) as the index; and notes.

    `numbers` names the columns that have to be numbers, all others being text. `BadInput` says
    the file, the row and what is wrong.
    """
    with _parquet(path) as file:
        rows, schema = file.metadata.num_rows, file.schema_arrow
        if wrong := wrong_names(schema.names):
            raise BadInput(wrong, path)
        if not rows or not schema.names:
            raise BadInput("holds no rows", path)
        index = pd.RangeIndex(1, rows + 1)
        usable = [field.name for field in schema if _is_usable(field.type)]
        columns = {}
        for place, name in enumerate(usable):
            progressed(place / len(usable))
            cells = _cells(file.read(columns=[name], use_threads=False).column(name), name)
            columns[name] = _checked(cells.set_axis(index), numbers, path)
    return pd.DataFrame(columns, index, copy=False), _left_out(schema)


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """An open `pyarrow.parquet.ParquetFile`; `BadInput` for whatever is wrong with it."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        sentence = "is a Parquet file, which needs pyarrow: pip install 'tui-lab[parquet]'"
        raise BadInput(sentence, path) from None
    with opened(path) as source:
        stamp = stamp_of(source)
        try:
            whole = parquet.ParquetFile(source, pre_buffer=False)
            _refuse_too_large(whole.metadata, path)
            texts = [field.name for field in whole.schema_arrow if _is_text(field.type)]
            yield parquet.ParquetFile(source, pre_buffer=False, read_dictionary=texts)
        except (pyarrow.ArrowException, *BROKEN):
            refuse_changed(stamp, stamp_of(source), path)
            raise BadInput("is a damaged Parquet file", path) from None
        refuse_changed(stamp, stamp_of(source), path)


def _refuse_too_large(about: Any, path: Path) -> None:
    groups = (about.row_group(number) for number in range(about.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    cells = about.num_rows * about.num_columns
    refuse_if_too_large(cells * BYTES_PER_CELL + unpacked * BYTES_PER_BYTE, path)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_usable(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_usable(kind.value_type)
    others = types.is_boolean(kind) or types.is_temporal(kind) or types.is_null(kind)
    return _is_number(kind) or _is_text(kind) or bool(others)


def _cells(column: Any, name: str) -> pd.Series:
    """An Arrow column as int64 or float64, or as text without outer spaces; missing is NaN."""
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        found = column.unify_dictionaries().combine_chunks()
        words = _cells(found.dictionary, name)
        codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return pd.Series(words.array.take(codes, allow_fill=True), name=name)
    if _is_number(kind) or types.is_null(kind):
        values = column.to_pandas().to_numpy()
        is_whole = values.dtype.kind in "iu" and values.dtype != np.uint64
        return pd.Series(values.astype(np.int64 if is_whole else np.float64), name=name)
    return as_text(pd.Series(column.to_pandas(), name=name))


def _checked(cells: pd.Series, numbers: Collection[str] | None, path: Path) -> pd.Series:
    """A column that is numbers if it has to be, and else text, if anyone says so."""
    if numbers is not None and cells.name not in numbers:
        return as_text(cells.map(class_name, na_action="ignore"))
    if numbers is not None and cells.dtype == "str":
        cells = cleaned(cells, path, decimal_comma=False, most_strays=np.inf)
    refuse_unbounded(cells, path)
    return cells


def _left_out(schema: Any) -> list[str]:
    """A note on columns whose cells are neither numbers nor text."""
    names = [
        f'"{visible(field.name, 60)}" ({visible(str(field.type), 40)})'
        for field in schema
        if not _is_usable(field.type)
    ]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    told = f"left out, being neither numbers nor text: {', '.join(names[:3])}{more}"
    return [told] if names else []
