"""What a trainer does between batches: hears requests, waits while paused, shows that it lives."""

import time
from collections.abc import Callable
from typing import Any

from tui_lab.runs.record import Record
from tui_lab.runs.status import is_texts

LOOK_SECONDS = 0.02


class Listener:
    """Stands between the loop and the readers of a run directory."""

    def __init__(
        self,
        record: Record,
        progress: Callable[[], dict[str, Any]],
        change: Callable[[list[str]], None],
        pausing: Callable[[], None],
    ) -> None:
        self.record, self.progress, self.change, self.pausing = record, progress, change, pausing
        self.stop = False
        """Whether training should end after this batch."""
        self.paused = False
        self.rested = 0.0
        """Seconds spent paused."""
        self._steps = 0
        """Batches to train although paused."""
        self._next_look = 0.0

    @property
    def most(self) -> int | None:
        """How many batches may be trained before the next look; None for any number."""
        return self._steps if self.paused else None

    def __call__(self, trained: int = 1) -> None:
        """After batches: looks for requests, though not more often than anyone would notice."""
        self._steps = max(self._steps - trained, 0)
        if not self.paused and time.monotonic() < self._next_look:
            return
        self.look()

    def look(self) -> None:
        """Obeys all requests, and waits while paused."""
        if self.paused and not self._steps:
            self.record.status(**self.progress())
        self._obey_all()
        while self.paused and not self.stop and not self._steps:
            begun = time.monotonic()
            time.sleep(LOOK_SECONDS)
            self._obey_all()
            self.rested += time.monotonic() - begun

    def _obey_all(self) -> None:
        for request in self.record.requests():
            self._obey(request)
        self.record.beat(self.progress)
        self._next_look = time.monotonic() + LOOK_SECONDS

    def _obey(self, request: dict[str, Any]) -> None:
        asked = request.get("do")
        if asked == "stop":
            self.stop = True
        elif asked in ("pause", "resume"):
            self._pause(asked == "pause")
        elif asked == "step" and self.paused:
            progress = self.progress()
            left = progress["batches"] - progress["batch"]
            self._steps = 1 if request.get("unit") == "batch" else left
        elif asked == "set" and is_texts(request.get("changes")):
            self.change(request["changes"])

    def _pause(self, paused: bool) -> None:
        if paused and not self.paused:
            self.pausing()
        self.paused, self._steps = paused, 0
        self.record.status(state="paused" if paused else "running", **self.progress())
