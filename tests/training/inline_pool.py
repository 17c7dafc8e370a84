"""A pool that trains in this process, its jobs in any order, as processes or threads might."""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tui_lab.experiment.experiment import Experiment
from tui_lab.runs.sweep_record import SweepRecord
from tui_lab.runs.sweep_run import SweepRun, create_sweep
from tui_lab.training.jobs import Jobs
from tui_lab.training.sweep import Sweeper


class Cut(Exception):
    """The sweep is cut off here, as by kill -9."""


@dataclass(eq=False)
class InlineWorker:
    is_ready: bool = True
    job: dict[str, Any] | None = None
    live: dict[str, Any] = field(default_factory=dict)

    def send(self, line: dict[str, Any]) -> None:
        """The job lies in `job` already."""


class InlinePool:
    def __init__(self, run: SweepRun, size: int, seed: int, most: int) -> None:
        self.jobs, self.random, self.left = Jobs(run), random.Random(seed), most
        self.workers = [InlineWorker() for _ in range(size)]

    @property
    def free(self) -> list[InlineWorker]:
        return [worker for worker in self.workers if worker.job is None]

    def said(self, seconds: float) -> Iterator[tuple[InlineWorker, dict[str, Any]]]:
        if not self.left:
            raise Cut
        self.left -= 1
        worker = self.random.choice([worker for worker in self.workers if worker.job])
        yield worker, {"done": self.jobs.done(worker.job, lambda *_: None, lambda: False)}


def swept(run: SweepRun, workers: int = 1, seed: int = 0, most: int = -1) -> SweepRun:
    """Works on a sweep in this process; after `most` trainings it is cut off."""
    with contextlib.closing(SweepRecord(run)) as record, contextlib.suppress(Cut):
        record.status(state=Sweeper(record, InlinePool(run, workers, seed, most)).work())
    return run


def sweep_of(experiment: dict[str, Any], **sweep: Any) -> SweepRun:
    """A new sweep of an Experiment given as data."""
    return create_sweep(Experiment.model_validate(experiment | {"sweep": sweep}), "s")


def table(run: SweepRun) -> list[dict[str, Any]]:
    """All that is told of the trainings, but for the time they took, in the order of trials."""
    told = [attempt.model_dump(exclude={"seconds"}) for attempt in run.attempts()]
    return sorted(told, key=lambda line: (line["trial"], line["seed"]))
