"""A table in a file, whatever kind of file it is."""

import os
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from tui_lab.data.csv_file import read_csv
from tui_lab.data.open_file import opened
from tui_lab.data.parquet_file import SIGNATURE, read_parquet
from tui_lab.data.table_cache import SMALLEST, keep, place_of, recall


def read_table(
    path: Path, numbers: Collection[str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """All columns, numbers or text, with each row's line in the file as the index; and notes.

    `numbers` names the columns that have to be numbers, all others being text; without it the
    content decides. `BadInput` says the file, the line and what is wrong.
    """
    if _size(path) < SMALLEST:
        return _read(path, numbers)
    place = place_of(path, numbers)
    found = recall(place)
    if found is None:
        found = _read(path, numbers)
        if place_of(path, numbers) == place:  # it can have changed before it was read
            keep(place, found)
    return found


def _read(path: Path, numbers: Collection[str] | None) -> tuple[pd.DataFrame, list[str]]:
    return (read_parquet if is_parquet(path) else read_csv)(path, numbers)


def _size(path: Path) -> int:
    """In bytes."""
    with opened(path) as file:
        return os.fstat(file.fileno()).st_size


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by how it begins."""
    with opened(path) as file:
        return file.read(len(SIGNATURE)) == SIGNATURE
