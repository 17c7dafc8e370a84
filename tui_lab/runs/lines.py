"""A file of lines that one process at a time appends to."""

import contextlib
import fcntl
import os
from pathlib import Path

from tui_lab.errors import BadInput, CannotWrite


class Lines:
    """Whole lines or none; `BadInput` while another process has the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("ab+", buffering=0)
        except OSError as error:
            raise CannotWrite(path, error) from None
        self._lock()
        self.size = self._file.seek(0, os.SEEK_END)

    def _lock(self) -> None:
        """The lock ends with the process, however that dies; some file systems have none."""
        with contextlib.suppress(OSError):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadInput(f"{self.path.parent.name} has a trainer already") from None

    def append(self, line: bytes) -> None:
        """Appends all of the line, or nothing and `CannotWrite`."""
        rest = line
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(self.size)
            raise CannotWrite(self.path, error) from None
        self.size += len(line)

    def sync(self) -> None:
        """Waits until everything is on the disk."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise CannotWrite(self.path, error) from None

    def cut(self, size: int) -> list[bytes]:
        """Takes back what follows the first `size` bytes, and returns its lines."""
        self._file.seek(size)
        lines = self._file.read().splitlines()
        self._file.truncate(size)
        self.size = size
        return lines

    def close(self) -> None:
        """Gives the lock back."""
        self._file.close()
