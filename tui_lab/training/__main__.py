"""The trainer process: `python -m tui_lab.training RUN`, or without RUN, warm."""

import os
import signal
import sys
import traceback

from tui_lab.errors import BadInput
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.runs.start import run_folder


def main() -> int:
    """Trains one run and ends; 0 if the run directory says how it went."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if len(sys.argv) > 1:
        return _train(run_folder(sys.argv[1]))
    from tui_lab.training import trainer

    trainer.warm_up()
    line = sys.stdin.readline()
    if not line:
        return 0
    run = run_folder(line)
    _log_to(run)
    return _train(run)


def _log_to(run: Run) -> None:
    log = os.open(run.file("trainer.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _train(run: Run) -> int:
    record = Record(run)
    record.status(state="queued")
    try:
        from tui_lab.training.trainer import Trainer

        Trainer(run, record).train()
    except BadInput as error:
        return _failed(record, str(error), bad_input=True)
    except MemoryError:
        return _failed(record, "there was not enough memory; try a smaller network or batch_size")
    except Exception as error:
        traceback.print_exc()
        return _failed(record, f"{type(error).__name__}: {error}")
    return 0


def _failed(record: Record, why: str, bad_input: bool = False) -> int:
    record.event("ended", state="failed", why=why)
    record.status(state="failed", why=why, bad_input=bad_input)
    print(why, file=sys.stderr)
    return 2 if bad_input else 1


if __name__ == "__main__":
    sys.exit(main())
