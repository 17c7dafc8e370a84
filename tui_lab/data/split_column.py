"""A column of a table that says which split each row belongs to."""

from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import as_text
from tui_lab.data.split import FREE, TEST, VALIDATION, WORDS
from tui_lab.errors import BadInput, nearest, visible


def marked(column: pd.Series, path: Path) -> np.ndarray:
    """(rows,) int8: which rows are held for validation and test; `BadInput` for another word."""
    words = as_text(column).str.lower()
    part = words.map(WORDS)
    if part.isna().any():
        _refuse_other(column[part.isna()], path)
    if not (part == FREE).any():
        raise BadInput(f'split_column "{visible(str(column.name), 60)}" names no train row', path)
    return part.to_numpy(np.int8)


def _refuse_other(wrong: pd.Series, path: Path) -> None:
    name, first = visible(str(wrong.name), 60), wrong.iloc[0]
    says = "nothing" if pd.isna(first) else f'"{visible(str(first), 60)}"'
    hint = nearest(str(first), WORDS)
    raise BadInput(
        f'split_column "{name}" says {says} here; expected train, validation or test{hint}',
        path,
        int(wrong.index[0]),
    )


def lacking(part: np.ndarray) -> list[str]:
    """A note, if validation or test have no row of their own."""
    names = {VALIDATION: "validation", TEST: "test"}
    found = [name for split, name in names.items() if not (part == split).any()]
    return [f"no row is marked {' or '.join(found)}: train gives its share"] if found else []
