"""Writing CSV that no spreadsheet takes for more than data."""

import csv
import io
from collections.abc import Iterable, Sequence

from tui_lab.formula import is_formula


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Lines of CSV; a text that looks like a formula gets a ' before it."""
    return "".join(map(_line, rows))


def _line(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(map(_cell, row))  # so that it quotes both
    return text.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> object:
    if isinstance(value, str) and is_formula(value):
        return f"'{value}"
    return value
