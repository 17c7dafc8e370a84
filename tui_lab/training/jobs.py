"""A sweep's trainings as jobs: whoever trains them, a process or a thread, the same comes out."""

import threading
from collections.abc import Callable
from typing import Any

import torch

from tui_lab.data.prepare import prepare
from tui_lab.data.prepared import Prepared
from tui_lab.errors import Failure
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.trials import of_trial
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.training import trial
from tui_lab.training.failure import sentence
from tui_lab.training.memory import LittleMemory
from tui_lab.training.session import assemble
from tui_lab.training.thinned import Thinned

RANDOM = threading.Lock()
"""PyTorch's own random numbers belong to one training at a time, or none could be repeated."""
Tell = Callable[[int, Thinned], None]
"""Told after an epoch its number and the curve so far."""


class Jobs:
    """Trains jobs of one sweep; the data is prepared once for all that share a dataset."""

    def __init__(self, run: SweepRun) -> None:
        self.run, self.experiment, self.sweep = run, run.experiment, run.sweep
        self._data: dict[str, Prepared] = {}

    def prepare(self) -> None:
        """Reads the data of the Experiment; `BadInput` if that can't be done."""
        self._prepared(self.experiment.dataset)

    def _prepared(self, dataset: Dataset) -> Prepared:
        key = dataset.replace(batch_size=1, shuffle=True).model_dump_json()
        if key not in self._data:
            self._data[key] = prepare(dataset)
        return self._data[key]

    def suits_threads(self) -> bool:
        """Whether the engine trains without the interpreter and PyTorch's own random numbers."""
        with RANDOM:
            session = assemble(
                self.experiment, self.run.folder, data=self._prepared(self.experiment.dataset)
            )
        return session.engine.name == "native"

    def done(self, job: dict[str, Any], tell: Tell, is_stopped: trial.IsStopped) -> dict[str, Any]:
        """Trains a job: how it ended, its value and its curve.

        `Failure` where there is too little memory at this moment.
        """
        curve = Thinned()

        def hear(epoch: int, value: float) -> None:
            curve.add(epoch, value)
            tell(epoch, curve)

        try:
            outcome = self._trained(job, hear, is_stopped)
        except (LittleMemory, MemoryError) as error:
            raise Failure(sentence(error)) from None
        except Exception as error:
            outcome = trial.Outcome("failed", sentence(error))
        return {**vars(outcome), "curve": curve.points}

    def _trained(
        self, job: dict[str, Any], hear: trial.Hear, is_stopped: trial.IsStopped
    ) -> trial.Outcome:
        experiment = of_trial(self.experiment, job["settings"], job["seed"])
        data = self._prepared(experiment.dataset)
        asked = self.sweep, job["earlier"], hear, is_stopped
        with RANDOM:
            session = assemble(experiment, self.run.folder, data=data)
            if session.engine.random is torch.default_generator:
                return trial.train(session, *asked)
        return trial.train(session, *asked)
