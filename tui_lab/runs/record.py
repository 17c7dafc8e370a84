"""What a trainer writes into its run directory: events, status with heartbeat, requests read."""

import json
import os
import time
from typing import Any

import psutil

from tui_lab.experiment.presets import write_file
from tui_lab.runs.run import Run

HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 0.02


class Record:
    """The trainer's side of a run directory."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._events = run.file("events.jsonl").open("a", encoding="utf-8")
        self._status = run.status() | {
            "pid": os.getpid(),
            "process_started": psutil.Process().create_time(),
        }
        self._control_offset = 0
        self._next_beat = self._next_look = 0.0

    def event(self, kind: str, **fields: object) -> None:
        """Appends one event; events hold no times, so that equal runs have equal events."""
        self._events.write(json.dumps({"event": kind, **fields}) + "\n")
        self._events.flush()

    def status(self, **fields: object) -> None:
        """Replaces status.json at once."""
        self._status |= fields | {"heartbeat": round(time.time(), 3)}
        write_file(self.run.file("status.json"), json.dumps(self._status).encode())
        self._next_beat = time.monotonic() + HEARTBEAT_SECONDS

    def beat(self, **progress: object) -> None:
        """Like `status`, but at most once a second."""
        if time.monotonic() >= self._next_beat:
            self.status(**progress)

    def requests(self) -> list[dict[str, Any]]:
        """What readers asked since the last look, at most fifty looks a second."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + LOOK_SECONDS
        try:
            with self.run.file("control.jsonl").open("rb") as file:
                file.seek(self._control_offset)
                lines = [line for line in file.readlines() if line.endswith(b"\n")]
        except FileNotFoundError:
            return []
        self._control_offset += sum(map(len, lines))
        return [json.loads(line) for line in lines]
