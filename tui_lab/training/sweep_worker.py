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

from tui_lab.data.prepare import Prepared, prepare
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.trials import of_trial
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.training import trial
from tui_lab.training.failure import sentence
from tui_lab.training.session import assemble
from tui_lab.training.thinned import Thinned

TELL_SECONDS = 0.2


class Worker:
    """Trains what it is given; the data is prepared once for all that share a dataset."""

    def __init__(self, run: SweepRun) -> None:
        self.run, self.experiment, self.sweep = run, run.experiment, run.sweep
        self.jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.stopped = False
        self.data: dict[str, Prepared] = {}
        self._out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)  # what libraries print belongs into the log

    def listen(self) -> None:
        """Takes in jobs and the wish to stop one, until there is nobody to give them."""
        for line in sys.stdin:
            said = json.loads(line)
            if said.get("do") == "stop":
                self.stopped = True
            else:
                self.jobs.put(said)
        os._exit(0)

    def work(self) -> None:
        """Job after job."""
        try:
            self._prepared(self.experiment.dataset)
        except BadInput as error:
            self.tell(bad=str(error))
            return
        self.tell(ready=True)
        while True:
            job = self.jobs.get()
            self.stopped = False
            self.tell(done=self._trained(job))

    def tell(self, **what: object) -> None:
        """One line to whoever gives the jobs."""
        self._out.write(json.dumps(what) + "\n")

    def _prepared(self, dataset: Dataset) -> Prepared:
        key = dataset.replace(batch_size=1, shuffle=True).model_dump_json()
        if key not in self.data:
            self.data[key] = prepare(dataset)
        return self.data[key]

    def _trained(self, job: dict[str, Any]) -> dict[str, Any]:
        begun, curve = time.monotonic(), Thinned()
        try:
            experiment = of_trial(self.experiment, job["settings"], job["seed"])
            outcome = self._train(experiment, job["earlier"], curve)
        except Exception as error:
            outcome = trial.Outcome("failed", sentence(error))
        seconds = round(time.monotonic() - begun, 3)
        return {**vars(outcome), "curve": curve.points, "seconds": seconds}

    def _train(
        self, experiment: Experiment, earlier: list[list[float]], curve: Thinned
    ) -> trial.Outcome:
        data = self._prepared(experiment.dataset)
        session = assemble(experiment, self.run.folder, data=data)
        due = time.monotonic() + TELL_SECONDS

        def hear(epoch: int, value: float) -> bool:
            nonlocal due
            curve.add(epoch, value)
            if time.monotonic() >= due:
                due = time.monotonic() + TELL_SECONDS
                self.tell(live={"epochs": epoch, "curve": curve.points})
            return not self.stopped

        return trial.train(session, self.sweep, earlier, hear)


def main(folder: str) -> None:
    """Works until there is nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    worker = Worker(SweepRun(Path(folder)))
    threading.Thread(target=worker.listen, daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main(sys.argv[1])
