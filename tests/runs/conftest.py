"""Real trainers that write checkpoints often, to be killed at any moment."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from processes import has_ended, wait_for

from tui_lab.runs.run import Run

CHECKPOINT_SECONDS = 0.02


@pytest.fixture
def begin(forks) -> Iterator[Callable[[Run], int]]:
    """Starts a run's trainer and returns its pid; none outlives the test."""
    begun: list[Run] = []

    def start(run: Run) -> int:
        begun.append(run)
        before = run.status().get("pid")
        arguments, log = [str(run.folder)], run.file("trainer.log")
        forks.begin("tui_lab.training", arguments, log, os.environ, CHECKPOINT_SECONDS)
        wait_for(
            lambda: run.status().get("pid") not in (None, before) or "already" in run.log_end()
        )
        return int(run.status()["pid"])

    yield start
    for run in begun:
        if not has_ended(run):
            os.kill(run.status()["pid"], signal.SIGKILL)
            wait_for(lambda run=run: has_ended(run))
