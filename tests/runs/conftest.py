"""Real trainers that start at once: forked from a process that has torch imported already."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from processes import has_ended, wait_for

from tui_lab.runs.run import Run

FORKS = """
import os, signal, sys
import pandas, torch._dynamo, tui_lab.training.trainer
from tui_lab.training import checkpoints
checkpoints.LEAST_SECONDS = 0.02
from tui_lab.training.__main__ import _log_to, main
from pathlib import Path
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
for line in sys.stdin:
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        _log_to(Path(line.strip()) / "trainer.log")
        os._exit(main([line.strip()]))
"""


@pytest.fixture(scope="session")
def forks() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", FORKS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.fixture
def begin(forks) -> Iterator[Callable[[Run], int]]:
    """Starts a run's trainer and returns its pid; none outlives the test."""
    begun: list[Run] = []

    def start(run: Run) -> int:
        begun.append(run)
        before = run.status().get("pid")
        forks.stdin.write(f"{run.folder}\n")
        forks.stdin.flush()
        wait_for(
            lambda: run.status().get("pid") not in (None, before) or "already" in run.log_end()
        )
        return int(run.status()["pid"])

    yield start
    for run in begun:
        if not has_ended(run):
            os.kill(run.status()["pid"], signal.SIGKILL)
            wait_for(lambda run=run: has_ended(run))
