"""What kind of column each column of a table is, which decides whether one can learn from it."""

import re
from typing import Literal

import pandas as pd

from tui_lab.data.columns import is_number

Kind = Literal["numbers", "words", "names", "dates", "identifier", "constant", "empty"]
"""Only numbers and words are learned from unless others are asked for."""
MOST_WORDS = 50
FEWEST_COUNTED = 20
"""A column that counts its rows is an identifier from so many rows on."""
_DAY = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
_NAMED_DAY = r"(\d{1,2}[. -]+[a-z]{3,9}[., -]+\d{2,4}|[a-z]{3,9}\.? \d{1,2},? \d{4})"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]m)?( ?(z|utc|[+-]\d{2}:?\d{2}))?"
_DATE = re.compile(rf"({_DAY}|{_NAMED_DAY})([t ] ?{_CLOCK})?|{_CLOCK}", re.IGNORECASE)
_CALLED = re.compile(r"(.*[_\W])?(id|uid|uuid|guid|index|key|nr|row)|\(no name\)", re.IGNORECASE)
_CALLED_CAMEL = re.compile(r".*[a-z](Id|ID)")
DATES_LOOKED_AT = 1000


def kinds_of(features: pd.DataFrame, rare: int) -> dict[str, Kind]:
    """The kind of each column; words in fewer than `rare` rows are rare."""
    kinds: dict[str, Kind] = {str(n): _kind(column, rare) for n, column in features.items()}
    if any(kind in ("numbers", "words") for kind in kinds.values()):
        counting = [n for n, kind in kinds.items() if kind == "numbers" and _counts(features[n])]
        others = [n for n, kind in kinds.items() if kind in ("numbers", "words")]
        if len(counting) < len(others):
            kinds |= dict.fromkeys(counting, "identifier")
    return kinds


def fewest_rows(rare: int, rows: int) -> float:
    """In how many of `rows` a word has to be so as not to be rare; in a small table, in fewer."""
    return min(rare, max(2, rows / 20))


def _kind(column: pd.Series, rare: int) -> Kind:
    if not column.notna().any():
        return "empty"
    is_called = _called_identifier(str(column.name))
    if is_number(column):
        if column.min() == column.max():
            return "constant"
        return "identifier" if is_called and _all_different(column) else "numbers"
    if column.nunique() == 1 and column.notna().all():
        return "constant"
    if is_called and _all_different(column):
        return "identifier"
    return "dates" if _are_dates(column) else _text_kind(column, rare)


def _text_kind(column: pd.Series, rare: int) -> Kind:
    """Names, if there are too many words to learn from, or most rows hold one that is rare."""
    counts = word_counts(column)
    frequent = counts[counts >= fewest_rows(rare, len(column))]
    if len(counts) <= MOST_WORDS and len(counts) <= len(column) / 2:
        return "words"
    if len(frequent) > MOST_WORDS or frequent.sum() < column.count() / 2:
        return "names"
    return "words"


def word_counts(column: pd.Series) -> pd.Series:
    """In how many rows each word is, the most frequent first; equally frequent ones sorted."""
    counts = column.value_counts()
    return counts[counts > 0].sort_index().sort_values(ascending=False, kind="stable")


def _called_identifier(name: str) -> bool:
    return bool(_CALLED.fullmatch(name.strip()) or _CALLED_CAMEL.fullmatch(name.strip()))


def _all_different(column: pd.Series) -> bool:
    if is_number(column) and not (column % 1 == 0).all():
        return False
    return column.nunique() == len(column)


def _counts(column: pd.Series) -> bool:
    """Whether a column is 0, 1, 2, … or 1, 2, 3, … from the first row on."""
    if len(column) < FEWEST_COUNTED or column.iloc[0] not in (0, 1):
        return False
    return bool((column.diff().iloc[1:] == 1).all())


def _are_dates(column: pd.Series) -> bool:
    """Whether (nearly) all of the first texts are dates or times of day."""
    texts = column.dropna().head(DATES_LOOKED_AT)
    return bool(texts.str.fullmatch(_DATE.pattern, flags=re.IGNORECASE).mean() > 0.9)
