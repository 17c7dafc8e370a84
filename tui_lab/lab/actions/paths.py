"""Paths as people type them."""

import os
from itertools import islice
from pathlib import Path

MOST_ENTRIES = 1000


def typed_path(text: str) -> Path:
    """The path in `text`, with `~` for the home folder; text that names no user stays."""
    return Path(os.path.expanduser(text))


def paths_from(text: str) -> list[str]:
    """What is there that begins with `text`, as people would type on; folders end with /."""
    folder, begun = os.path.split(text)
    try:
        entries = list(islice(os.scandir(typed_path(folder or ".")), MOST_ENTRIES))
    except (OSError, ValueError):
        return []
    found = [entry for entry in entries if _fits(entry.name, begun)]
    return sorted(os.path.join(folder, entry.name) + "/" * _is_folder(entry) for entry in found)


def _fits(name: str, begun: str) -> bool:
    """Hidden files are for those who ask for them."""
    return name.startswith(begun) and (begun.startswith(".") or not name.startswith("."))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
