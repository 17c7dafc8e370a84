"""Training from the command line: progress on stderr, the results kept whatever happens.

SIGINT (ctrl+c) and SIGTERM ask the trainer to stop and wait for its tables; a second one kills
it. SIGHUP (the terminal is closed) and SIGKILL end only the command: the trainer has a session of
its own and goes on, and `tui-lab runs` shows it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from tui_lab.errors import BadInput, CannotWrite, Failure, visible
from tui_lab.runs.run import ENDED, Run
from tui_lab.runs.start import kill, settle, start
from tui_lab.runs.status import Status

BAD_INPUT = 2
LOOK_SECONDS = 0.05
LINE_SECONDS = 1.0
"""At most a line a second where lines stay, as in a log file."""
SILENT_SECONDS = 30
BAR = 20


def train(run: Run, quiet: bool) -> int:
    """Trains a run in a process of its own until that ends; the signal that stopped it, or 0."""
    shown = Shown(quiet)
    with signals() as came:
        process = start(run)
        obeyed = 0
        while process.poll() is None:
            status = run.status()
            shown.progress(progress(status))
            shown.waiting(status)
            if len(came) > obeyed:
                obeyed += 1
                shown.sentence(_stop(run, process, obeyed))
            time.sleep(LOOK_SECONDS)
    settle(run, process.returncode)
    if run.status().get("pid") not in (process.pid, None):
        said = run.log_end(1) or "its trainer didn't begin"
        raise (BadInput if process.returncode == BAD_INPUT else Failure)(f"{run.id}: {said}")
    shown.last(progress(run.status()))
    return came[0] if came else 0


def follow(run: Run, quiet: bool) -> bool:
    """Shows how a run goes on until it ends or ctrl+c is pressed; whether it ended."""
    shown = Shown(quiet)
    with signals() as came:
        while (status := run.status())["state"] not in ENDED and not came:
            shown.progress(progress(status))
            time.sleep(LOOK_SECONDS)
    shown.last(progress(run.status()))
    return not came


@contextlib.contextmanager
def signals() -> Iterator[list[int]]:
    """The signals that have come; those that were ignored (as by nohup) stay so."""
    came: list[int] = []
    heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]
    before = {n: signal.signal(n, lambda number, _: came.append(number)) for n in heard}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(run: Run, process: "subprocess.Popen[bytes]", times: int) -> str:
    """Asks the trainer to stop, and kills it the second time."""
    if times > 1:
        kill(run)
        process.kill()
        return "killed"
    try:
        run.ask(do="stop")
    except CannotWrite:
        process.terminate()
    return "stopping: the results so far are kept (ctrl+c again kills)"


class Shown:
    """The progress on stderr: one line that is redrawn, or in a file now and then a line."""

    def __init__(self, quiet: bool) -> None:
        self.quiet, self.redraws = quiet, sys.stderr.isatty()
        self.line, self.next, self.why = "", 0.0, ""

    def progress(self, line: str) -> None:
        """Shows a line if it says something new."""
        due = self.redraws or time.monotonic() >= self.next
        if due and not self.quiet and line != self.line:
            self.line, self.next = line, time.monotonic() + LINE_SECONDS
            _write("\r\x1b[K" + line[: _columns() - 1] if self.redraws else line + "\n")

    def waiting(self, status: Status) -> None:
        """Says why a training waits, quiet or not, once."""
        why = status.get("why", "") if status["state"] == "paused" else ""
        if why and why != self.why:
            self.sentence(visible(why))
        self.why = why

    def sentence(self, text: str) -> None:
        """Shows a sentence below the progress, quiet or not."""
        _write(("\n" if self.redraws and self.line else "") + text + "\n")
        self.line = ""

    def last(self, line: str) -> None:
        """Shows how it ended."""
        self.next = 0.0
        self.progress(line)
        if self.redraws and self.line:
            _write("\n")


def _write(text: str) -> None:
    """On stderr; that it is closed or full must not end the training."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


def progress(status: Status) -> str:
    """`running  ████░░░░ epoch 12/30  1,234 steps/s  0:03 left`."""
    state, epochs = status["state"], status.get("epochs", 0)
    if not epochs:
        return state if state in ENDED else "starting"
    share = _share(status)
    bar = "█" * round(share * BAR) + "░" * (BAR - round(share * BAR))
    parts = [f"{state:8} {bar} epoch {status.get('epoch', 0)}/{epochs}"]
    parts.append(f"{status.get('steps_per_second', 0):,.0f} steps/s")
    silent = time.time() - status.get("heartbeat", time.time())
    if state in ENDED:
        parts.append(f"{clock(status.get('seconds', 0))} in all")
    elif silent > SILENT_SECONDS:
        parts.append(f"no sign of life for {clock(silent)}")
    elif state == "running" and share > 0:
        parts.append(f"{clock(status.get('seconds', 0) * (1 - share) / share)} left")
    return "  ".join(parts)


def _share(status: Status) -> float:
    """How much of the training is done, 0 to 1."""
    epoch, epochs = status.get("epoch", 0), status["epochs"]
    batch = status.get("batch", 0) / max(status.get("batches", 1), 1)
    return float(min((epoch + (batch if epoch < epochs else 0)) / epochs, 1))


def clock(seconds: float) -> str:
    """Seconds as people read them: `1:05` or `2:03:04`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
