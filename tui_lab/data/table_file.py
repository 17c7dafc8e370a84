"""A table in a file, whatever kind of file it is."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from tui_lab.data.csv_file import read_csv
from tui_lab.data.needed import is_parquet, memory_needed, size_of
from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.parquet_file import read_parquet
from tui_lab.data.table_cache import keep, place_of, recall
from tui_lab.data.tensor_cache import SMALLEST


def read_table(
    path: Path, numbers: Collection[str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """All columns, numbers or text, with each row's line in the file as the index; and notes.

    `numbers` names the columns that have to be numbers, all others being text; without it the
    content decides. `BadInput` says the file, the line and what is wrong.
    """
    refuse_if_too_large(memory_needed(path), path)
    if size_of(path) < SMALLEST:
        return _read(path, numbers)
    place = place_of(path, numbers)
    found = recall(place)
    if found is None:
        found = _read(path, numbers)
        if place_of(path, numbers) == place:  # it can have changed before it was read
            keep(place, *found)
    return found


def _read(path: Path, numbers: Collection[str] | None) -> tuple[pd.DataFrame, list[str]]:
    return (read_parquet if is_parquet(path) else read_csv)(path, numbers)
