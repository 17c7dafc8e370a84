"""The trainer process: `python -m tui_lab.training RUN`, or `--warm SECONDS` to wait for a run.

A warm trainer gets `{"run": path}` as a line on its input, with `workers` if it is a sweep. It
imports torch after SECONDS without one, so that it has that behind it when the run comes, and it
ends when its input does.

SIGHUP and SIGINT are ignored: a closed terminal leaves the training running. SIGTERM stops it
well, as the request `stop` does; a second one ends it at once.
"""

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from tui_lab import __version__
from tui_lab.errors import BadInput, CannotWrite
from tui_lab.training.failure import sentence
from tui_lab.training.importing import without_garbage

if TYPE_CHECKING:
    from tui_lab.runs.record import Record


def main(arguments: list[str]) -> int:
    """Trains one run; 0 if it ended by itself, 1 if training failed, 2 if its input is bad."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if arguments[0] != "--warm":
        return _train(Path(arguments[0]))
    said = _awaited(float(arguments[1]))
    folder = Path(said["run"])
    with contextlib.suppress(OSError):
        _log_to(folder / "trainer.log")
    if "workers" not in said:
        return _train(folder)
    from tui_lab.training import sweep

    return sweep.main([said["run"], said["workers"]])


def _awaited(rest: float) -> dict[str, str]:
    """The run or sweep that comes on stdin; torch is imported if it isn't there by then."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    try:
        line = lines.get(timeout=rest)
    except queue.Empty:
        _trainer().warm_up()
        line = lines.get()
    found: dict[str, str] = json.loads(line)
    return found


def _trainer() -> ModuleType:
    """The module that trains, and torch with it."""
    with without_garbage():
        from tui_lab.training import trainer

    return trainer


def _listen(lines: "queue.SimpleQueue[str]") -> None:
    """A thread, so that the end of the lab is noticed while torch is being imported, too."""
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        os._exit(0)
    lines.put(line)


def _log_to(path: Path) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _train(folder: Path) -> int:
    from tui_lab.runs.record import Record
    from tui_lab.runs.run import Run

    _log(f"trainer {os.getpid()} of tui-lab {__version__}")
    run = Run(folder)
    try:
        record = Record(run)
        signal.signal(signal.SIGTERM, lambda *_: _stop(record))
        record.status(state="queued")
    except BadInput as error:
        _log(str(error))
        return 2
    try:
        trainer = _trainer().Trainer(run, record)
    except BadInput as error:
        return _refused(record, error)
    except Exception as error:
        return _failed(record, error)
    try:
        trainer.train()
    except Exception as error:
        return _failed(record, error)
    return 0


def _refused(record: "Record", error: BadInput) -> int:
    """A run that was trained before stays what it was; a new one has failed."""
    if record.resume is None or record.state_before == "queued":
        return _failed(record, error)
    _log(str(error))
    with contextlib.suppress(CannotWrite):
        record.status(state=record.state_before, refused=str(error), bad_input=True)
    return 2


def _stop(record: "Record") -> None:
    record.ask(do="stop")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _failed(record: "Record", error: Exception) -> int:
    """Says why wherever there still is room."""
    why = sentence(error)
    bad_input = isinstance(error, BadInput) and not isinstance(error, CannotWrite)
    with contextlib.suppress(CannotWrite):
        record.event("ended", state="failed", why=why)
    with contextlib.suppress(CannotWrite):
        record.status(state="failed", why=why, bad_input=bad_input)
    _log(why if isinstance(error, BadInput) else "".join(traceback.format_exception(error)))
    return 2 if bad_input else 1


def _log(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
