"""The one error that people cause and can mend, and the safe way to show their text."""

import difflib
import errno
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MARKS = 2


class BadInput(Exception):
    """Something in a file, a setting or a command is not usable; its text is one clear sentence."""

    def __init__(
        self, sentence: str, file: str | Path | None = None, line: int = 0, column: int = 0
    ) -> None:
        parts = (part for part in (file, line or None, column or None) if part is not None)
        place = ":".join(visible(str(part), 500) for part in parts)
        super().__init__(": ".join(filter(None, [place, visible(sentence)])))


class CannotWrite(BadInput):
    """A file can't be written: the disk is full, or it isn't allowed."""

    def __init__(self, path: str | Path, error: OSError) -> None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "the disk is full" if full else (error.strerror or str(error))
        super().__init__(f'can\'t write "{path}": {why}')


class Fixable(BadInput):
    """A dataset can't be used, but could be with other settings: `says` is what they do."""

    def __init__(self, sentence: str, file: str | Path, says: str, **changes: object) -> None:
        super().__init__(sentence, file)
        self.says, self.changes = says, changes


class Failure(BadInput):
    """Something that isn't the input's fault went wrong; nothing was written."""


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "X"?` for the known word nearest to `word`, or nothing."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'; did you mean "{by_lower[found[0]]}"?' if found else ""


def visible(text: str, limit: int = 2000) -> str:
    """`text` on one line, control, bidi and unassigned characters shown as escapes.

    Of marks on one character two stay, so that no pile of them reaches into other lines.
    """
    shown, marks = "", 0
    for character in unicodedata.normalize("NFC", text[:limit]):
        is_mark = unicodedata.category(character) == "Mn"
        marks = marks + 1 if is_mark else 0
        shown += _escape(character) if marks <= MARKS else ""
    return shown + ("…" if len(text) > limit else "")


def _escape(character: str) -> str:
    if character.isprintable() and unicodedata.category(character) != "Me":
        return character
    return character.encode("unicode_escape").decode("ascii")
