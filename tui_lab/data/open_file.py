"""Opening a file that anyone may have named."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import psutil

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.files import NotAFile, open_file


def read_content(path: Path, bytes_per_byte: int) -> bytes:
    """All of a file; `BadInput` if so many bytes for each of its own are not free."""
    with opened(path) as file:
        before = os.fstat(file.fileno())
        refuse_if_too_large(before.st_size * bytes_per_byte, path)
        content = file.read(before.st_size + 1)
        after = os.fstat(file.fileno())
    if (len(content), after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise BadInput("changed while it was read; try again when it is complete", path)
    return content


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Never waits: a pipe is opened without blocking, and only a regular file is read."""
    try:
        with _open(path) as file:
            yield file
    except NotAFile:
        raise BadInput(f'"{path}" is not a file') from None
    except FileNotFoundError:
        raise BadInput(f'there is no file "{path}"{_nearest_sibling(path)}') from None
    except OSError as error:
        raise _unreadable(path, error.strerror or "it can't be read") from None


def _open(path: Path) -> BinaryIO:
    try:
        return open_file(path)
    except ValueError:
        raise _unreadable(path, "its name is not a file name") from None


def _unreadable(path: Path, reason: str) -> BadInput:
    return BadInput(f'can\'t read "{visible(str(path), 500)}": {reason}')


def _nearest_sibling(path: Path) -> str:
    try:
        return nearest(path.name, [entry.name for entry in islice(path.parent.iterdir(), 1000)])
    except OSError:
        return ""


def refuse_if_too_large(needed: float, path: Path | None = None) -> None:
    """`BadInput` saying what a table would need, if less memory (in bytes) is free."""
    free = psutil.virtual_memory().available
    if needed > free:
        raise BadInput(
            f"needs about {needed / 1e9:,.1f} GB of memory, but only {free / 1e9:,.1f} GB are free",
            path,
        )
