"""Following a run from the command line: progress on stderr, ctrl+c stops it well."""

import subprocess
import sys
import time

from tui_lab.runs.run import ENDED, Run, Status

LOOK_SECONDS = 0.05


def watch(run: Run, process: "subprocess.Popen[bytes]", quiet: bool) -> str:
    """Waits for the run to end: its state, or `interrupted` after ctrl+c."""
    interrupted = False
    while True:
        try:
            status = _wait(run, process, quiet)
        except KeyboardInterrupt:
            if interrupted:
                process.kill()
            interrupted = True
            run.ask(do="stop")
            print("\nstopping: the results so far are kept (ctrl+c again kills)", file=sys.stderr)
            continue
        return "interrupted" if interrupted else str(status["state"])


def _wait(run: Run, process: "subprocess.Popen[bytes]", quiet: bool) -> Status:
    shown = ""
    while True:
        code, status = process.poll(), run.status()
        line = progress(status)
        if not quiet and line != shown:
            _draw(line)
            shown = line
        if code is not None or status["state"] in ENDED:
            process.wait()
            if not quiet:
                print(file=sys.stderr)
            return run.status()
        time.sleep(LOOK_SECONDS)


def _draw(line: str) -> None:
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(start + line, end="" if start else "\n", file=sys.stderr, flush=True)


def progress(status: Status) -> str:
    """`running  ████░░░░ epoch 12/30  1,234 steps/s  0:03 left`."""
    epoch, epochs = status.get("epoch", 0), status.get("epochs", 0)
    if not epochs:
        return "starting"
    batch = status.get("batch", 0) / max(status.get("batches", 1), 1)
    share = min((epoch + (batch if epoch < epochs else 0)) / epochs, 1)
    bar = "█" * round(share * 20) + "░" * (20 - round(share * 20))
    parts = [f"{status['state']:8} {bar} epoch {epoch}/{epochs}"]
    parts.append(f"{status.get('steps_per_second', 0):,.0f} steps/s")
    if status["state"] == "running" and share > 0:
        parts.append(f"{clock(status.get('seconds', 0) * (1 - share) / share)} left")
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as people read them: `1:05` or `2:03:04`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
