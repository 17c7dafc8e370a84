"""Rows beside a script, in which no text is a formula for a spreadsheet: a ' stands before it."""

from collections.abc import Iterable

import pandas as pd

from tui_lab.formula import is_formula

GUARD = "'"


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """With a ' before every text and name that begins with a sign or a '; the same if none is one.

    So `bare` gives exactly the frame back.
    """
    texts = [str(name) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    words = {name: _words(frame[name]) for name in texts}
    if not any(is_formula(word) for some in (map(str, frame), *words.values()) for word in some):
        return frame
    frame = frame.copy(deep=False)
    for name in texts:
        frame[name] = frame[name].map({word: _guarded(word) for word in words[name]}.get)
    return frame.rename(columns=lambda name: _guarded(str(name)))


def _words(column: pd.Series) -> Iterable[str]:
    return [word for word in column.unique().tolist() if isinstance(word, str)]


def _guarded(text: str) -> str:
    return GUARD + text if text.startswith(GUARD) or is_formula(text) else text


def bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the ' before texts and names, as the script does it (`script.data`)."""
    bare = frame.rename(columns=lambda name: name.removeprefix(GUARD))
    return bare.map(lambda cell: cell.removeprefix(GUARD) if isinstance(cell, str) else cell)
