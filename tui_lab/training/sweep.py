"""The process of a sweep: `python -m tui_lab.training.sweep FOLDER WORKERS`.

It hands trials to workers, threads or processes, and writes down what becomes of them. However it
is ended, another one goes on with the trials that have no line yet.

SIGHUP and SIGINT are ignored: a closed terminal leaves it running. SIGTERM stops it well.
"""

import contextlib
import os
import signal
import sys
import traceback
from collections import deque
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from tui_lab import __version__
from tui_lab.errors import BadInput, CannotWrite, Failure
from tui_lab.runs.start import death
from tui_lab.runs.sweep_record import SweepRecord
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.runs.trials import STOPPED, Attempt, trials_of
from tui_lab.training.draws import drawn
from tui_lab.training.failure import sentence
from tui_lab.training.importing import without_garbage
from tui_lab.training.pool import Pool, Worker

LOOK_SECONDS = 0.05
Unit = tuple[int, int]
"""A trial, and what is added to the Experiment's seed: one training."""


class Sweeper:
    """Trains what is asked for and not there yet."""

    def __init__(self, record: SweepRecord, pool: Pool) -> None:
        self.record, self.pool, self.asked = record, pool, record.asked
        self.sweep = record.run.sweep
        self.running: dict[Unit, Worker] = {}
        self.settings = {attempt.trial: attempt.settings for attempt in record.attempts}
        """Of the trials that were drawn."""
        self._plan()

    def _plan(self) -> None:
        """What is still to be trained: repetitions first, for which somebody waits, then trials."""
        wanted = self.asked.units(self.sweep.seeds)
        if self.asked.only_repeats:
            wanted = [unit for unit in wanted if self._is_repeat(unit)]
        there = {(attempt.trial, attempt.seed) for attempt in self.record.attempts}
        todo = [u for u in wanted if u not in there and u not in self.running]
        self.todo = deque(sorted(todo, key=self._waits))

    def _waits(self, unit: Unit) -> bool:
        """Whether it comes behind the repetitions of what was drawn already."""
        return not self._is_repeat(unit) or unit[0] not in self.settings

    def work(self) -> str:
        """Trains until everything is there or it is asked to stop; the state then."""
        self.record.status(workers=len(self.pool.workers), **self.progress())
        while not self.asked.stop:
            self._hand_out()
            if not self.todo and not self.running and not self._hear():
                return self._ended_as()
            for worker, said in self.pool.said(LOOK_SECONDS):
                self._take(worker, said)
            self._hear()
            self.record.live(self._running)
            self.record.beat(**self.progress())
        return "stopped"

    def _ended_as(self) -> str:
        """The state when all is done: after repetitions alone it stays stopped."""
        progress = self.progress()
        return "finished" if progress["done"] >= progress["trials"] else "stopped"

    def _running(self) -> list[Attempt]:
        """The trainings that go on."""
        units = self.running.items()
        return [self._attempt(unit, worker.live, "running") for unit, worker in units]

    def progress(self) -> dict[str, int]:
        """How many trials there are to be, and how many have ended."""
        seeds = self.sweep.seeds
        there = sum(attempt.seed < seeds for attempt in self.record.attempts)
        return {"trials": self.asked.trials, "done": there // seeds}

    def _hand_out(self) -> None:
        """Gives each free worker the next training that can begin."""
        for worker in self.pool.free:
            while self.todo and self.todo[0][0] in self.asked.stopped:
                self._end(self.todo.popleft(), {"state": "stopped", "why": STOPPED})
            if not self.todo or not self._can_begin(self.todo[0]):
                return
            unit = self.todo.popleft()
            self.running[unit] = worker
            worker.live, worker.job = {}, self._job(unit)
            worker.send(worker.job)

    def _can_begin(self, unit: Unit) -> bool:
        """Whether all that it depends on has ended."""
        if not self.sweep.in_blocks or self._is_repeat(unit):
            return True
        first = self.sweep.first_of_block(unit[0])
        return not any(u[0] < first for u in self.running if not self._is_repeat(u))

    def _is_repeat(self, unit: Unit) -> bool:
        return unit[1] >= self.sweep.seeds

    def _job(self, unit: Unit) -> dict[str, Any]:
        number, seed = unit
        compares = self.sweep.halving is not None and not self._is_repeat(unit)
        earlier = self._earlier(number) if compares else []
        rungs = [attempt.rungs for attempt in earlier if attempt.seed == seed]
        return {"settings": self._settings(number), "seed": seed, "earlier": rungs}

    def _earlier(self, number: int) -> list[Attempt]:
        """The trainings of the blocks before that of a trial, by number."""
        first, seeds = self.sweep.first_of_block(number), self.sweep.seeds
        found = (a for a in self.record.attempts if a.trial < first and a.seed < seeds)
        return sorted(found, key=lambda attempt: (attempt.trial, attempt.seed))

    def _settings(self, number: int) -> dict[str, JsonValue]:
        """What a trial gives to the settings."""
        if number not in self.settings:
            self.settings[number] = self._drawn(number)
        return self.settings[number]

    def _drawn(self, number: int) -> dict[str, JsonValue]:
        if self.sweep.method != "tpe":
            return drawn(self.sweep, number)
        from tui_lab.training.tpe import suggested

        return suggested(self.sweep, number, trials_of(self._earlier(number), self.sweep.seeds))

    def _take(self, worker: Worker, said: dict[str, Any]) -> None:
        """What a worker has said."""
        unit = next((unit for unit, other in self.running.items() if other is worker), None)
        if "ready" in said:
            worker.is_ready = True
        elif "bad" in said:
            raise BadInput(said["bad"])
        elif "failed" in said:
            raise Failure(said["failed"])
        elif "live" in said:
            worker.live = said["live"]
        elif "done" in said and unit:
            worker.job = None
            self._end(unit, said["done"])
        elif "died" in said:
            self._bury(worker, unit, death(said["died"]))

    def _bury(self, worker: Worker, unit: Unit | None, why: str) -> None:
        """A worker has died of its training, or of what ends all of them."""
        if self.asked.stop:
            return
        if unit is None:
            raise Failure(f"a worker can't train: {why}")
        self._end(unit, {"state": "failed", "why": f"{why}; it is not tried again"})
        self.pool.replace(worker)

    def _end(self, unit: Unit, found: dict[str, Any]) -> None:
        self.running.pop(unit, None)
        self.record.ended(self._attempt(unit, found, found["state"]))

    def _attempt(self, unit: Unit, found: dict[str, Any], state: str) -> Attempt:
        number, seed = unit
        told = {"trial": number, "seed": seed, "settings": self._settings(number)}
        return Attempt.model_validate(told | found | {"state": state})

    def _hear(self) -> bool:
        """More trials, repetitions, the stop of those that are not wanted; whether there were."""
        if not self.record.hear():
            return False
        self._plan()
        for (number, _), worker in self.running.items():
            if number in self.asked.stopped:
                worker.send({"do": "stop"})
        return True


def main(arguments: list[str]) -> int:
    """Works on a sweep; 0 if it ended by itself, 1 if it failed, 2 if its input is bad."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _log(f"sweep {os.getpid()} of tui-lab {__version__}")
    try:
        record = SweepRecord(SweepRun(Path(arguments[0])))
    except BadInput as error:
        _log(str(error))
        return 2
    signal.signal(signal.SIGTERM, lambda *_: record.asked.hear({"do": "stop"}))
    with contextlib.closing(record):
        return _sweep(record, int(arguments[1]))


def _sweep(record: SweepRecord, workers: int) -> int:
    """Works, and once more if something was asked for while it still seemed to work."""
    try:
        _work(record, workers)
        while record.hear() and not record.asked.stop and record.run.has_work:
            _work(record, workers)
    except Exception as error:
        return _failed(record, error)
    return 0


def _work(record: SweepRecord, workers: int) -> None:
    """Says first that it works, so that nobody else begins while it prepares."""
    record.status(state="running", why=None, bad_input=None)
    with contextlib.closing(_pool(record.run, workers)) as pool:
        sweeper = Sweeper(record, pool)
        state = sweeper.work()
    record.status(state=state, **sweeper.progress())


def _pool(run: SweepRun, workers: int) -> Pool:
    """Threads where they train at once; processes, each with its own interpreter, elsewhere."""
    with without_garbage():
        from tui_lab.training.jobs import Jobs
        from tui_lab.training.processes import Processes
        from tui_lab.training.threads import Threads

    jobs = Jobs(run)
    jobs.prepare()
    return Threads(jobs, workers) if jobs.suits_threads() else Processes(run.folder, workers)


def _failed(record: SweepRecord, error: Exception) -> int:
    bad_input = isinstance(error, BadInput) and not isinstance(error, CannotWrite | Failure)
    with contextlib.suppress(CannotWrite):
        record.status(state="failed", why=sentence(error), bad_input=bad_input or None)
    is_told = isinstance(error, BadInput)
    _log(sentence(error) if is_told else "".join(traceback.format_exception(error)))
    return 2 if bad_input else 1


def _log(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
