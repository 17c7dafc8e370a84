"""What people write about a run, in its about.json: a name, tags and a note; no trainer writes it.

Nothing in the file is believed that `labelled` would not have written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.files import write_file
from tui_lab.runs.status import read_json

NAME_LENGTH, TAG_LENGTH, NOTE_LENGTH = 200, 40, 2000
TAGS = 20


@dataclass(frozen=True)
class About:
    """A run's name (empty: the one that it was started with), tags and note."""

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


def read_about(path: Path) -> About:
    """What a file says, without what makes no sense; nothing if there is no file."""
    found = read_json(path)
    tags = found.get("tags")
    right = filter(_is_tag, tags if isinstance(tags, list) else [])
    return About(
        _text(found.get("name"), NAME_LENGTH),
        tuple(dict.fromkeys(right))[:TAGS],
        _text(found.get("note"), NOTE_LENGTH),
    )


def write_about(path: Path, about: About) -> None:
    """Replaces the file at once; `CannotWrite` if that can't be done."""
    write_file(path, json.dumps(asdict(about)).encode())


def labelled(
    about: About, *, name: str | None = None, tag: Iterable[str] = (), untag: Iterable[str] = (),
    note: str | None = None,
) -> About:  # fmt: skip
    """`about` with what is given changed; `BadInput` for what is too long or no tag."""
    wrong = next((word for word in tag if not _is_tag(word)), None)
    if wrong is not None:
        what = f"one word of at most {TAG_LENGTH} characters, without commas"
        raise BadInput(f'a tag should be {what}, not "{wrong}"')
    tags = tuple(dict.fromkeys(word for word in (*about.tags, *tag) if word not in set(untag)))
    if len(tags) > TAGS:
        raise BadInput(f"a run has at most {TAGS} tags, these would be {len(tags)}")
    return About(
        _checked("name", about.name if name is None else name, NAME_LENGTH),
        tags,
        _checked("note", about.note if note is None else note, NOTE_LENGTH),
    )


def _checked(what: str, text: str, length: int) -> str:
    if len(text) > length:
        raise BadInput(f"a {what} should have at most {length:,} characters, not {len(text):,}")
    return text


def _text(value: object, length: int) -> str:
    return value if isinstance(value, str) and len(value) <= length else ""


def _is_tag(word: object) -> bool:
    """One printable word; commas and spaces stand between tags."""
    if not isinstance(word, str) or not 0 < len(word) <= TAG_LENGTH:
        return False
    return word.isprintable() and not any(c.isspace() or c == "," for c in word)
