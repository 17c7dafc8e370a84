"""A table in a file, whatever kind of file it is."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from tui_lab.data.csv_file import read_csv


def read_table(
    path: Path, numbers: Collection[str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """All columns, numbers or text, with each row's line in the file as the index; and notes.

    `numbers` names the columns that have to be numbers, all others being text; without it the
    content decides. `BadInput` says the file, the line and what is wrong.
    """
    return read_csv(path, numbers)
