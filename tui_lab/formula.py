"""Texts that a spreadsheet would compute if they stood in a CSV file as they are."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute a text; numbers may have a sign."""
    return text.startswith(FORMULA) and not _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
