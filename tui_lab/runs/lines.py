"""A file of lines that one process at a time appends to."""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from tui_lab.errors import BadInput, CannotWrite
from tui_lab.files import open_file

LONGEST = 100_000
"""Bytes within which a line ends."""
PATIENCE_SECONDS = 0.5
"""How long to wait for another process's lock."""


class Lines:
    """Whole lines or none; `BadInput` while another process has the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = open_file(path, "ab+")
        except OSError as error:
            raise CannotWrite(path, error) from None
        self._lock()
        self._written = self._file.seek(0, os.SEEK_END)
        self._waiting: list[bytes] = []
        self.size = self._written
        """The bytes of all lines, with those that wait to be written."""

    def _lock(self) -> None:
        """The lock ends with the process, however that dies; some file systems have none.

        One that is just ending is waited for: its last thread gives the lock back.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        with contextlib.suppress(OSError):
            while not self._locked():
                if time.monotonic() > end:
                    raise BadInput(f"{self.path.parent.name} has a trainer already")
                time.sleep(PATIENCE_SECONDS / 50)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def append(self, line: bytes) -> None:
        """Takes a line, which waits until it is written with others."""
        self._waiting.append(line)
        self.size += len(line)

    def write(self) -> None:
        """Writes all that waits, or nothing and `CannotWrite`; then it still waits."""
        if not self._waiting:
            return
        rest = whole = b"".join(self._waiting)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(self._written)
            raise CannotWrite(self.path, error) from None
        self._written += len(whole)
        self._waiting = []

    def sync(self) -> None:
        """Waits until everything is on the disk."""
        self.write()
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise CannotWrite(self.path, error) from None

    def after(self, size: int) -> list[bytes]:
        """The lines that follow the first `size` bytes."""
        self.write()
        self._file.seek(size)
        return self._file.read().splitlines()

    def last_before(self, size: int) -> bytes:
        """The last line of the first `size` bytes."""
        if self._waiting and size == self.size:
            return self._waiting[-1].rstrip(b"\n")
        start = max(size - LONGEST, 0)
        self._file.seek(start)
        return self._file.read(size - start).rstrip(b"\n").rpartition(b"\n")[2]

    def cut(self, size: int) -> None:
        """Takes back what follows the first `size` bytes."""
        self.write()
        try:
            self._file.truncate(size)
        except OSError as error:
            raise CannotWrite(self.path, error) from None
        self.size = self._written = size

    def close(self) -> None:
        """Gives the lock back."""
        self._file.close()
