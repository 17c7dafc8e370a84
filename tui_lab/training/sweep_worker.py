"""A process that trains trials one after the other: `python -m tui_lab.training.sweep_worker RUN`.

Jobs come as JSON lines on stdin, what becomes of them goes as JSON lines to stdout. When stdin
ends, whoever gave the jobs is gone, and so it ends at once.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.training.importing import without_garbage

with without_garbage():
    from tui_lab.training.doer import Doer, Say
    from tui_lab.training.jobs import Jobs


def main(folder: str) -> None:
    """Works until there is nobody to work for."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends when stdin does
    say = _sayer()
    doer = Doer(Jobs(SweepRun(Path(folder))), say)
    threading.Thread(target=_listen, args=(doer,), daemon=True).start()
    try:
        doer.jobs.prepare()
    except BadInput as error:
        say({"bad": str(error)})
        return
    say({"ready": True})
    doer.work()


def _sayer() -> Say:
    """Writes lines to stdout; what libraries print there goes into the log instead."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return lambda what: print(json.dumps(what), file=out)


def _listen(doer: Doer) -> None:
    """Takes in lines until there is nobody to give them."""
    for line in sys.stdin:
        doer.send(json.loads(line))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
