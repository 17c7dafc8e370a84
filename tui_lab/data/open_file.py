"""Opening a file that anyone may have named."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.files import NotAFile, open_file

CONTAINER = Path("/sys/fs/cgroup")


class Stamp(NamedTuple):
    """By which a file that has changed is noticed."""

    size: int
    changed: int
    device: int
    inode: int


def stamp_of(file: BinaryIO) -> Stamp:
    """That of an open file."""
    found = os.fstat(file.fileno())
    return Stamp(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


def refuse_changed(then: object, now: object, path: Path) -> None:
    """`BadInput` unless a file is still what it was."""
    if then != now:
        raise BadInput("changed while it was read; try again when it is complete", path)


def read_content(path: Path, bytes_per_byte: int) -> bytes:
    """All of a file; `BadInput` if so many bytes for each of its own are not free."""
    with opened(path) as file:
        before = stamp_of(file)
        refuse_if_too_large(before.size * bytes_per_byte, path)
        content = file.read(before.size + 1)
        refuse_changed((len(content), before), (before.size, stamp_of(file)), path)
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


def free_memory() -> int:
    """The bytes that this machine, or the container around this process, still has."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = ((CONTAINER / f"memory.{name}").read_text() for name in ("max", "current"))
        return min(free, int(limit) - int(used) + _given_back())
    except (OSError, ValueError):
        return free


def all_memory() -> int:
    """The bytes that this machine, or the container around this process, has in all."""
    there = int(psutil.virtual_memory().total)
    try:
        return min(there, int((CONTAINER / "memory.max").read_text()))
    except (OSError, ValueError):
        return there


def _given_back() -> int:
    """Of what a container uses, the bytes of files that are kept only while nobody needs them."""
    lines = (CONTAINER / "memory.stat").read_text().splitlines()
    counted = dict(line.split(maxsplit=1) for line in lines)
    return int(counted.get("inactive_file", 0))


def refuse_if_too_large(needed: float, path: Path | None = None) -> None:
    """`BadInput` saying what a table would need, if less memory (in bytes) is free."""
    free = free_memory()
    if needed > free:
        raise BadInput(
            f"needs about {needed / 1e9:,.1f} GB of memory, but only {free / 1e9:,.1f} GB are free",
            path,
        )
