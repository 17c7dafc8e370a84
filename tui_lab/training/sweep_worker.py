"""A process that trains trials one after the other: `python -m tui_lab.training.sweep_worker RUN`.

Jobs come as JSON lines on stdin, what becomes of them goes as JSON lines to stdout. When stdin
ends, whoever gave the jobs is gone, and so it ends at once.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.training.jobs import Jobs
from tui_lab.training.thinned import Thinned

TELL_SECONDS = 0.2


class Worker:
    """Trains what it is given."""

    def __init__(self, run: SweepRun) -> None:
        self.jobs = Jobs(run)
        self.waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.stopped = False
        self._due = 0.0
        self._out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)  # what libraries print belongs into the log

    def listen(self) -> None:
        """Takes in jobs and the wish to stop one, until there is nobody to give them."""
        for line in sys.stdin:
            said = json.loads(line)
            if said.get("do") == "stop":
                self.stopped = True
            else:
                self.waiting.put(said)
        os._exit(0)

    def work(self) -> None:
        """Job after job."""
        try:
            self.jobs.prepare()
        except BadInput as error:
            self.say(bad=str(error))
            return
        self.say(ready=True)
        while True:
            job = self.waiting.get()
            self.stopped, self._due = False, time.monotonic() + TELL_SECONDS
            self.say(done=self.jobs.done(job, self.tell))

    def say(self, **what: object) -> None:
        """One line to whoever gives the jobs."""
        self._out.write(json.dumps(what) + "\n")

    def tell(self, epoch: int, curve: Thinned) -> bool:
        """Says now and then how far the job is; whether to go on with it."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + TELL_SECONDS
            self.say(live={"epochs": epoch, "curve": curve.points})
        return not self.stopped


def main(folder: str) -> None:
    """Works until there is nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    worker = Worker(SweepRun(Path(folder)))
    threading.Thread(target=worker.listen, daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main(sys.argv[1])
