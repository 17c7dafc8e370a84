"""What a trainer writes into its run directory: events, status with heartbeat, requests read."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tui_lab.errors import BadInput, CannotWrite
from tui_lab.experiment.presets import write_file
from tui_lab.runs.run import Run, Tail
from tui_lab.runs.status import read_status, started

HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 0.02


class Record:
    """The trainer's side of a run directory; `BadInput` if another trainer has or had it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._events = _Lines(run.file("events.jsonl"))
        if self._events.size:
            raise BadInput(f"{run.id} has been trained already")
        self._status = read_status(run.file("status.json")) | {
            "pid": os.getpid(),
            "process_started": started(psutil.Process()),
        }
        self._control = Tail(run, "control.jsonl", "do")
        self._own_requests: list[dict[str, Any]] = []
        self._next_beat = self._next_look = 0.0

    def event(self, kind: str, **fields: object) -> None:
        """Appends one event; events hold no times, so that equal runs have equal events."""
        self._events.append(json.dumps({"event": kind, **fields}).encode() + b"\n")

    def status(self, **fields: object) -> None:
        """Replaces status.json at once."""
        self._status |= fields | {"heartbeat": round(time.time(), 3)}
        write_file(self.run.file("status.json"), json.dumps(self._status).encode())
        self._next_beat = time.monotonic() + HEARTBEAT_SECONDS

    def beat(self, progress: Callable[[], dict[str, object]]) -> None:
        """Like `status`, but at most once a second; `progress` is asked only then."""
        if time.monotonic() >= self._next_beat:
            self.status(**progress())

    def ask(self, **request: object) -> None:
        """A request by the trainer's own process, as from a signal."""
        self._own_requests.append(request)

    def requests(self) -> list[dict[str, Any]]:
        """What was asked since the last look, at most fifty looks a second."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + LOOK_SECONDS
        own, self._own_requests = self._own_requests, []
        return own + self._control.new()


class _Lines:
    """A file that one process appends whole lines to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise CannotWrite(path, error) from None
        self._lock()
        self.size = self._file.tell()

    def _lock(self) -> None:
        """The lock ends with the process; where a file system has none, do without."""
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
