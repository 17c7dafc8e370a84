"""Threads that train a sweep's trials in this process, from the same prepared data.

That pays where the engine leaves the interpreter to others while it trains.
"""

import queue
import threading

from tui_lab.training.doer import Doer
from tui_lab.training.jobs import Jobs
from tui_lab.training.pool import Pool, Said, Worker


class ThreadWorker(Worker):
    """One thread, which ends with its process."""

    def __init__(self, jobs: Jobs, said: "queue.SimpleQueue[Said]") -> None:
        super().__init__()
        self.is_ready = True
        doer = Doer(jobs, lambda what: said.put((self, what)))
        self.send = doer.send  # type: ignore[method-assign]
        threading.Thread(target=doer.work, daemon=True).start()


class Threads(Pool):
    """See `Pool`."""

    def __init__(self, jobs: Jobs, size: int) -> None:
        self.jobs = jobs
        super().__init__(size)

    def _started(self) -> Worker:
        return ThreadWorker(self.jobs, self._said)
