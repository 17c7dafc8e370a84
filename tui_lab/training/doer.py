"""Who does a sweep's jobs, one after the other, in a thread or as a process of its own."""

import queue
import time
from collections.abc import Callable
from typing import Any

from tui_lab.training.jobs import Jobs
from tui_lab.training.thinned import Thinned

TELL_SECONDS = 0.2
Say = Callable[[dict[str, Any]], None]


class Doer:
    """Takes jobs, or the wish to stop one, by `send`, and says what becomes of them."""

    def __init__(self, jobs: Jobs, say: Say) -> None:
        self.jobs, self.say = jobs, say
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stopped = False
        self._due = 0.0

    def send(self, line: dict[str, Any]) -> None:
        """A job, or the wish to stop the present one."""
        if line.get("do") == "stop":
            self._stopped = True
        else:
            self._stopped = False
            self._waiting.put(line)

    def work(self) -> None:
        """Job after job, for ever."""
        while True:
            job = self._waiting.get()
            self._due = time.monotonic() + TELL_SECONDS
            self.say({"done": self.jobs.done(job, self._tell, lambda: self._stopped)})

    def _tell(self, epoch: int, curve: Thinned) -> None:
        """Says now and then how far the job is."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + TELL_SECONDS
            self.say({"live": {"epochs": epoch, "curve": curve.points}})
