"""Processes that train a sweep's trials: each has its own interpreter and random numbers."""

import contextlib
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import IO, Any, cast

from tui_lab.runs.torch_process import command
from tui_lab.training.pool import Pool, Worker


class ProcessWorker(Worker):
    """One process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.process = subprocess.Popen(
            command("sweep_worker", [folder]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
        )

    def send(self, line: dict[str, Any]) -> None:
        """See `Worker`; a process that has died says so by itself."""
        with contextlib.suppress(OSError):
            stdin = cast("IO[str]", self.process.stdin)
            stdin.write(json.dumps(line) + "\n")
            stdin.flush()


class Processes(Pool):
    """See `Pool`."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.started: list[ProcessWorker] = []
        super().__init__(size)

    def _started(self) -> Worker:
        worker = ProcessWorker(self.folder)
        self.started.append(worker)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: ProcessWorker) -> None:
        for line in cast("IO[str]", worker.process.stdout):
            with contextlib.suppress(ValueError):
                self._said.put((worker, json.loads(line)))
        self._said.put((worker, {"died": worker.process.wait()}))

    def close(self) -> None:
        """Ends them all."""
        for worker in self.started:
            worker.process.kill()
        for worker in self.started:
            worker.process.wait()
