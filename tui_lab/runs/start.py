"""Starting trainer processes, one of them warm: torch imported, waiting for a run."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, cast

from tui_lab.errors import CannotWrite
from tui_lab.files import write_file
from tui_lab.runs.run import ENDED, KILLED, Run

COMMAND = (sys.executable, "-P", "-m", "tui_lab.training")
"""-P: a random.py in the folder where the lab was opened must not be imported."""
REST_SECONDS = 3.0
"""Importing torch keeps a core busy; so the next warm trainer lets the first losses come first."""


def _environment() -> dict[str, str]:
    return os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"}


def start(run: Run) -> "subprocess.Popen[bytes]":
    """Starts a trainer in a session of its own, so that closing the terminal doesn't end it."""
    return _begun(run, [*COMMAND, str(run.folder)])


def start_sweep(run: Run, workers: int) -> "subprocess.Popen[bytes]":
    """Starts the process of a sweep in a session of its own."""
    module = f"{COMMAND[-1]}.sweep"
    return _begun(run, [*COMMAND[:-1], module, str(run.folder), str(workers)])


def _begun(run: Run, command: Sequence[str]) -> "subprocess.Popen[bytes]":
    path = run.file("trainer.log")
    try:
        log = path.open("ab")
    except OSError as error:
        raise CannotWrite(path, error) from None
    with log:
        return _process(command, log)


def _process(command: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env=_environment(),
    )


class WarmTrainer:
    """A trainer started early: `train` begins at once, and the next one warms up behind it."""

    def __init__(self) -> None:
        self._process = _warm(after=0)

    def train(self, run: Run) -> "subprocess.Popen[bytes]":
        """Hands the run to the warm process; starts a cold one if that has died."""
        return self._hand({"run": str(run.folder)}) or start(run)

    def sweep(self, run: Run, workers: int) -> "subprocess.Popen[bytes]":
        """The same for a sweep."""
        said = {"run": str(run.folder), "workers": str(workers)}
        return self._hand(said) or start_sweep(run, workers)

    def _hand(self, said: dict[str, str]) -> "subprocess.Popen[bytes] | None":
        """Says it to the warm process; None if that has died."""
        process = self._process
        is_handed = _handed(process, said)
        if not is_handed:
            process.wait()
        self._process = _warm(after=REST_SECONDS)
        return process if is_handed else None

    def close(self) -> None:
        """Ends the waiting process."""
        self._process.kill()
        self._process.wait()


def _warm(after: float) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*COMMAND, "--warm", str(after)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=_environment(),
    )


def _handed(process: "subprocess.Popen[bytes]", said: dict[str, str]) -> bool:
    try:
        with cast("IO[bytes]", process.stdin) as stdin:
            stdin.write(json.dumps(said).encode() + b"\n")
    except OSError:
        return False
    return True


def kill(run: Run) -> None:
    """Ends a run's trainer without waiting; the run is then `lost`, and says that it was asked."""
    status = run.status()
    if status["state"] in ENDED or "pid" not in status:
        return
    with contextlib.suppress(CannotWrite):
        run.ask(do="kill")
    with contextlib.suppress(ProcessLookupError):
        os.kill(status["pid"], signal.SIGKILL)


def settle(run: Run, code: int) -> None:
    """Writes down how a trainer died, which only the process that started it knows.

    `code` is the exit code of the process, negative for a signal. A run that ended by itself is
    left as it is.
    """
    status = run.status()
    known = status.get("why") == KILLED or status.get("bad_input")
    if status["state"] in ("queued", "lost") and not known:
        content = json.dumps(status | {"state": "lost", "why": death(code)})
        with contextlib.suppress(CannotWrite):
            write_file(run.file("status.json"), content.encode())


def death(code: int) -> str:
    """How a process ended, by its exit code, which is negative for a signal."""
    if code >= 0:
        return f"its process ended by itself (exit code {code})"
    hint = ", often because memory ran out" if -code == signal.SIGKILL else ""
    try:
        name = f"{signal.Signals(-code).name}, {signal.strsignal(-code)}"
    except ValueError:
        name = str(-code)
    return f"its process was ended by signal {-code} ({name}{hint})"
