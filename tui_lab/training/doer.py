"""Who does a sweep's jobs, one after the other, in a thread or as a process of its own."""

import queue
import time
from collections.abc import Callable
from typing import Any

from tui_lab.errors import Failure
from tui_lab.training.jobs import Jobs
from tui_lab.training.thinned import Thinned

TELL_SECONDS = 0.2
Say = Callable[[dict[str, Any]], None]


class Doer:
    """Takes jobs, or the wish to stop one, by `send`, and says what becomes of them."""

    def __init__(self, jobs: Jobs, say: Say) -> None:
        self.jobs, self.say = jobs, say
        self._waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._stopped = False
        self._due = 0.0

    def send(self, line: dict[str, Any]) -> None:
        """A job, or the wish to stop the present one."""
        if line.get("do") == "stop":
            self._stopped = True
        else:
            self._stopped = False
            self._waiting.put(line)

    def end(self) -> None:
        """Stops the present job, and takes no more."""
        self._stopped = True
        self._waiting.put(None)

    def work(self) -> None:
        """Job after job, until it is ended."""
        while (job := self._waiting.get()) is not None:
            self._due = time.monotonic() + TELL_SECONDS
            self.say(self._said_of(job))

    def _said_of(self, job: dict[str, Any]) -> dict[str, Any]:
        """How a job ended; `failed` if that says something of this moment, and not of the job."""
        try:
            return {"done": self.jobs.done(job, self._tell, lambda: self._stopped)}
        except Failure as error:
            return {"failed": str(error)}

    def _tell(self, epoch: int, curve: Thinned) -> None:
        """Says now and then how far the job is."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + TELL_SECONDS
            self.say({"live": {"epochs": epoch, "curve": curve.points}})
