"""What a trainer writes into its run directory, and what is asked of it there."""

import contextlib
import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import psutil
from pydantic_core import to_json

from tui_lab.errors import BadInput, CannotWrite
from tui_lab.files import remove, remove_leftovers, write_file
from tui_lab.runs.checkpoints import FOLDER
from tui_lab.runs.lines import Lines
from tui_lab.runs.run import Run, Tail
from tui_lab.runs.status import is_change, is_texts, started

HEARTBEAT_SECONDS = 1.0
EVENT_SECONDS = 0.02
"""For so long events gather before they are written together."""
ROOM_SECONDS = 0.2
ROOM = 16 * 1024
"""Bytes kept back, so that there is room to say that the disk is full."""


class Record:
    """The trainer's side of a run directory; `BadInput` if another trainer has or had it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._lines = Lines(run.file("events.jsonl"))
        self._told: deque[dict[str, object]] = deque()
        """Events that are no lines yet: to make many at once takes less time than one by one."""
        self._control = Tail(run, "control.jsonl", "do")
        before = run.status()
        self.state_before = before["state"]
        """How the run stood: ended, or lost."""
        self._status = before | {
            "pid": os.getpid(),
            "process_started": started(psutil.Process()),
        }
        self._waiting: list[dict[str, Any]] = []
        self.resumes = self._read_requests()
        """All requests to go on with the run, from its beginning on; none for a new one."""
        if self._events.size and not self.resumes:
            raise BadInput(f"{run.id} has been trained already; tui-lab resume {run.id} goes on")
        self.patient = False
        """Whether to wait for room on a full disk; only a training that runs can."""
        self.waited = 0.0
        """Seconds for which there was no room."""
        self._stopped = False
        """Whether somebody has asked for the end."""
        self._next_beat = self._next_write = 0.0
        for folder in (run.folder, run.file(FOLDER)):
            remove_leftovers(folder)

    @property
    def _events(self) -> Lines:
        """The lines of all events that were told."""
        while self._told:
            self._lines.append(to_json(self._told.popleft()) + b"\n")
        return self._lines

    def _read_requests(self) -> list[dict[str, Any]]:
        """What was asked before a request to go on is over and done with."""
        resumes = []
        while requests := self._control.new():
            for request in requests:
                self._waiting.append(request)
                if request["do"] == "resume":
                    resumes.append(request)
                    self._waiting = []
        return resumes

    @property
    def resume(self) -> dict[str, Any] | None:
        """The request to go on that this trainer obeys."""
        return self.resumes[-1] if self.resumes else None

    @property
    def asked_changes(self) -> list[str]:
        """The changes that came with requests to go on and that no trainer has taken up yet."""
        new = self.resumes[self.resumed :]
        lists = [request.get("changes") for request in new]
        return [text for texts in lists if is_texts(texts) for text in texts]

    @property
    def resumed(self) -> int:
        """How many requests to go on were taken up."""
        return int(self._status.get("resumed", 0))

    @property
    def again(self) -> list[dict[str, Any]]:
        """The changes that are still to be made again, from the trainer before."""
        return list(self._status.get("again", ()))

    @property
    def notes(self) -> list[str]:
        """What was not as before when it was gone on with."""
        return list(self._status.get("notes", ()))

    @property
    def tested(self) -> int:
        """How often the test rows were looked at."""
        return int(self._status.get("tested", 0))

    @property
    def events_size(self) -> int:
        """How many bytes of events there are."""
        return self._events.size

    def sync_events(self) -> None:
        """Waits until the events are on the disk, before something says that they are there."""
        self._patiently(self._events.sync)

    def event(self, kind: str, **fields: object) -> None:
        """Appends one event, written soon; equal runs have equal events, without times."""
        self._told.append({"event": kind, **fields})
        if time.monotonic() >= self._next_write:
            self.write_events()

    def write_events(self) -> None:
        """Shows the readers all events so far."""
        self._patiently(self._events.write)
        self._next_write = time.monotonic() + EVENT_SECONDS

    def changes_after(self, size: int) -> list[dict[str, Any]]:
        """The changes among the events after the first `size` bytes."""
        found = []
        for line in self._events.after(size):
            with contextlib.suppress(ValueError, RecursionError):
                found.append(json.loads(line))
        return [event for event in found if is_change(event)]

    def last_event(self, size: int | None = None) -> str:
        """The sha256 of the last event, or of the last among the first `size` bytes."""
        line = self._events.last_before(self._events.size if size is None else size)
        return hashlib.sha256(line).hexdigest()

    def rewind(self, size: int) -> None:
        """Takes back the events after the first `size` bytes."""
        self._events.cut(size)

    def write(self, name: str, content: bytes) -> None:
        """Replaces a file of the run at once."""
        self._patiently(lambda: self._put(name, content))

    def _put(self, name: str, content: bytes) -> None:
        path = self.run.file(name)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise CannotWrite(path.parent, error) from None
        write_file(path, content)

    def status(self, **fields: object) -> None:
        """Replaces status.json at once, after all events; `None` takes a field away."""
        try:
            self.write_events()
        finally:
            self._patiently(lambda: self._put_status(**fields))

    def _put_status(self, **fields: object) -> None:
        whole = self._status | fields | {"heartbeat": round(time.time(), 3)}
        self._status = {key: value for key, value in whole.items() if value is not None}
        write_file(self.run.file("status.json"), json.dumps(self._status).encode())
        self._next_beat = time.monotonic() + HEARTBEAT_SECONDS

    def beat(self, progress: Callable[[], dict[str, object]]) -> None:
        """Like `status`, but at most once a second; `progress` is asked only then."""
        if time.monotonic() >= self._next_beat:
            self.status(**progress())

    def ask(self, **request: object) -> None:
        """A request by the trainer's own process, as from a signal."""
        self._waiting.append(request)

    def requests(self) -> list[dict[str, Any]]:
        """What was asked since the last look."""
        self._stopped = self._is_stopped()
        found, self._waiting = self._waiting, []
        return found

    def close(self) -> None:
        """Lets another trainer have the run."""
        with contextlib.suppress(CannotWrite):
            self._events.write()
        self._events.close()

    def keep_room(self) -> None:
        """Keeps some room on the disk, to be able to tell when there is no more."""
        self.patient = True
        with contextlib.suppress(CannotWrite):
            write_file(self.run.file("room"), bytes(ROOM))

    def give_room(self) -> None:
        """Gives that room back."""
        remove(self.run.file("room"))

    def _patiently(self, write: Callable[[], None]) -> None:
        """Writes; while that can't be done, training is paused, and goes on when it can again."""
        begun, waited = time.monotonic(), False
        while True:
            try:
                write()
            except CannotWrite as error:
                if not self.patient or self._is_stopped():
                    raise
                waited = True
                self._tell_wait(error)
                time.sleep(ROOM_SECONDS)
            else:
                break
        if waited:
            self.waited += time.monotonic() - begun
            with contextlib.suppress(CannotWrite):
                self._put_status()
            self.keep_room()

    def _is_stopped(self) -> bool:
        self._waiting += self._control.new()
        return self._stopped or any(request["do"] == "stop" for request in self._waiting)

    def _tell_wait(self, error: CannotWrite) -> None:
        """Says so to the readers, and leaves what the status is to be after the wait."""
        self.give_room()
        why = f"{error}; training goes on when it can be written again"
        told = self._status | {"state": "paused", "why": why, "heartbeat": round(time.time(), 3)}
        with contextlib.suppress(CannotWrite):
            write_file(self.run.file("status.json"), json.dumps(told).encode())
