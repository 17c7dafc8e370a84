"""Processes that train a sweep's trials, one training at a time each."""

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from tui_lab.runs.torch_process import command

Said = tuple["Worker", dict[str, Any]]


@dataclass(eq=False)
class Worker:
    """One process; `job` is what it trains, if it trains."""

    process: "subprocess.Popen[str]"
    job: dict[str, Any] | None = None
    is_ready: bool = False
    live: dict[str, Any] = field(default_factory=dict)
    """How far its job is."""

    def send(self, line: dict[str, Any]) -> None:
        """Gives it a job, or the wish to stop it; a process that has died says so by itself."""
        with contextlib.suppress(OSError):
            stdin = cast("IO[str]", self.process.stdin)
            stdin.write(json.dumps(line) + "\n")
            stdin.flush()


class Pool:
    """As many workers as are wanted; what they say comes out in the order in which it was said."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self.workers = [self._started() for _ in range(size)]

    def _started(self) -> Worker:
        process = subprocess.Popen(
            command("sweep_worker", [self.folder]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
        )
        worker = Worker(process)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: Worker) -> None:
        for line in cast("IO[str]", worker.process.stdout):
            with contextlib.suppress(ValueError):
                self._said.put((worker, json.loads(line)))
        self._said.put((worker, {"died": worker.process.wait()}))

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
        """A new process in the place of one that has died."""
        self.workers[self.workers.index(dead)] = self._started()

    def close(self) -> None:
        """Ends them all."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.wait()
