"""Those who train a sweep's trials, one training at a time each: threads or processes."""

import contextlib
import queue
from collections.abc import Iterator
from typing import Any

Said = tuple["Worker", dict[str, Any]]


class Worker:
    """One of them; `job` is what it trains, if it trains."""

    def __init__(self) -> None:
        self.job: dict[str, Any] | None = None
        self.is_ready = False
        self.live: dict[str, Any] = {}
        """How far its job is."""

    def send(self, line: dict[str, Any]) -> None:
        """Gives it a job, or the wish to stop it."""
        raise NotImplementedError


class Pool:
    """As many workers as are wanted; what they say comes out in the order in which it was said."""

    def __init__(self, size: int) -> None:
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self.workers = [self._started() for _ in range(size)]

    def _started(self) -> Worker:
        """A new worker, who puts into `_said` what there is to say."""
        raise NotImplementedError

    def said(self, seconds: float) -> Iterator[Said]:
        """What workers have said by now, after waiting up to so many seconds for the first."""
        with contextlib.suppress(queue.Empty):
            yield self._said.get(timeout=seconds)
            while True:
                yield self._said.get_nowait()

    @property
    def free(self) -> list[Worker]:
        """Those that have nothing to do."""
        return [worker for worker in self.workers if worker.is_ready and worker.job is None]

    def replace(self, dead: Worker) -> None:
        """A new one in the place of one that has died."""
        self.workers[self.workers.index(dead)] = self._started()

    def close(self) -> None:
        """Ends them all."""
