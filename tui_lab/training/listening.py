"""What a trainer does between batches: hears requests, waits while paused, shows that it lives."""

import time
from collections.abc import Callable
from typing import Any

from tui_lab.runs.record import Record

LOOK_SECONDS = 0.02


class Listener:
    """Stands between the loop and the readers of a run directory."""

    def __init__(self, record: Record, progress: Callable[[], dict[str, object]]) -> None:
        self.record, self.progress = record, progress
        self.stop = False
        """Whether training should end after this batch."""
        self.paused = False
        self.rested = 0.0
        """Seconds spent paused."""
        self._next_look = 0.0

    def __call__(self) -> None:
        """Looks for requests, though not more often than anyone would notice."""
        if time.monotonic() < self._next_look:
            return
        self._look()
        while self.paused and not self.stop:
            begun = time.monotonic()
            time.sleep(LOOK_SECONDS)
            self._look()
            self.rested += time.monotonic() - begun

    def _look(self) -> None:
        for request in self.record.requests():
            self._obey(request)
        self.record.beat(self.progress)
        self._next_look = time.monotonic() + LOOK_SECONDS

    def _obey(self, request: dict[str, Any]) -> None:
        asked = request.get("do")
        if asked == "stop":
            self.stop = True
        elif asked in ("pause", "resume"):
            self.paused = asked == "pause"
            self.record.status(state="paused" if self.paused else "running", **self.progress())
