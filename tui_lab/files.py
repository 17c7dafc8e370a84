"""Files as everything here reads and writes them: whole or not at all, and never waiting."""

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from tui_lab.errors import CannotWrite


class NotAFile(OSError):
    """A pipe, a socket or a device where a file should be."""


def open_file(path: Path | str, mode: str = "rb") -> BinaryIO:
    """A regular file, unbuffered for writing; `OSError` for a pipe or a folder in its place."""
    file = open(path, mode, opener=_at_once, buffering=0 if "a" in mode else -1)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotAFile(None, "it is not a file", str(path))
    return cast("BinaryIO", file)


def _at_once(path: str, flags: int) -> int:
    """Where a pipe lies in a file's place, nobody waits for what it may say."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o644)


def write_file(path: Path, content: bytes | Iterable[bytes | memoryview]) -> None:
    """Replaces a file at once: temporary name, flush, fsync, rename; or `CannotWrite`.

    Whatever goes wrong, also while parts of the content are being made, the old file stays.
    """
    try:
        name = f".{path.name[:100]}.{os.getpid()}."
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=name, suffix=".tmp")
    except OSError as error:
        raise CannotWrite(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            raise CannotWrite(path, error) from None
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """So that after a power cut the new name is there too; some file systems can't, or needn't."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_leftovers(folder: Path) -> None:
    """Removes what `write_file` left behind in processes that are dead."""
    import psutil  # slow to import, and only trainers do this

    for path in folder.glob(".*.tmp"):
        match = re.fullmatch(r"\..*\.(\d{1,9})\.\w+\.tmp", path.name)
        if match and not psutil.pid_exists(int(match[1])):
            remove(path)


def remove(path: Path) -> None:
    """Removes a file, or an empty folder that stands in its place, if that can be."""
    with contextlib.suppress(OSError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
