"""Threads that train a sweep's trials in this process, from the same prepared data.

That pays where the engine leaves the interpreter to others while it trains.
"""

import queue
import threading
from typing import Any

from tui_lab.training.doer import Doer
from tui_lab.training.jobs import Jobs
from tui_lab.training.pool import Pool, Said, Worker


class ThreadWorker(Worker):
    """One thread."""

    def __init__(self, jobs: Jobs, said: "queue.SimpleQueue[Said]") -> None:
        super().__init__()
        self.is_ready = True
        self.doer = Doer(jobs, lambda what: said.put((self, what)))
        self.thread = threading.Thread(target=self.doer.work, daemon=True)
        self.thread.start()

    def send(self, line: dict[str, Any]) -> None:
        """See `Worker`."""
        self.doer.send(line)


class Threads(Pool):
    """See `Pool`."""

    def __init__(self, jobs: Jobs, size: int) -> None:
        self.jobs = jobs
        self.started: list[ThreadWorker] = []
        super().__init__(size)

    def _started(self) -> Worker:
        self.started.append(ThreadWorker(self.jobs, self._said))
        return self.started[-1]

    def close(self) -> None:
        """Ends them all: a process that ends while a thread of it trains is aborted."""
        for worker in self.started:
            worker.doer.end()
        for worker in self.started:
            worker.thread.join()
