"""Starting trainer processes, one of them warm: torch imported, waiting for a run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tui_lab.runs.run import Run

COMMAND = (sys.executable, "-m", "tui_lab.training")


def _environment() -> dict[str, str]:
    return os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"}


def start(run: Run) -> "subprocess.Popen[bytes]":
    """Starts a trainer in a session of its own, so that closing the terminal doesn't end it."""
    with run.file("trainer.log").open("ab") as log:
        return subprocess.Popen(
            [*COMMAND, str(run.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=_environment(),
        )


class WarmTrainer:
    """A trainer started early: `train` begins at once, and the next one warms up behind it."""

    def __init__(self) -> None:
        self._process = self._spawn()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(),
        )

    def train(self, run: Run) -> "subprocess.Popen[bytes]":
        """Hands the run to the warm process; starts a cold one if that has died."""
        process, self._process = self._process, self._spawn()
        try:
            if process.stdin is None:
                raise BrokenPipeError
            process.stdin.write(f"{run.folder}\n".encode())
            process.stdin.close()
        except OSError:
            return start(run)
        return process

    def close(self) -> None:
        """Ends the waiting process."""
        self._process.kill()
        self._process.wait()


def kill(run: Run) -> None:
    """Ends a run's trainer without asking; the run is then `lost`."""
    status = run.status()
    if status["state"] != "lost" and "pid" in status:
        os.kill(status["pid"], signal.SIGKILL)


def run_folder(line: str) -> Run:
    """The run that a line on a warm trainer's input names."""
    return Run(Path(line.rstrip("\n")))
