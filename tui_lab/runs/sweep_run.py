"""A sweep's directory: like a run's, with a line for each training that has ended."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeGuard

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import resolved
from tui_lab.experiment.sweep import MOST_TRIALS, Sweep
from tui_lab.experiment.trials import of_trial
from tui_lab.files import write_file
from tui_lab.home import home
from tui_lab.runs.run import Run, Tail, create_run, is_id, new_folder, newest_first, trash
from tui_lab.runs.status import read_json
from tui_lab.runs.trials import Attempt, Trial, attempt_in, live_in, trials_of

if TYPE_CHECKING:
    from tui_lab.runs.source import Source

TRIALS, LIVE = "trials.jsonl", "live.json"
REPEATS = 5
"""How many new seeds tell whether a difference is real."""


class SweepRun(Run):
    """One sweep: its folder and what lies in it."""

    @property
    def sweep(self) -> Sweep:
        """What is tried; `BadInput` if its file says nothing of it."""
        found = self.experiment.sweep
        if found is None:
            raise BadInput("says nothing of a sweep", self.file("experiment.yaml"))
        return found

    def attempts(self) -> list[Attempt]:
        """The trainings that have ended, in the order in which they did."""
        return list(Attempts(self).new())

    def live(self) -> list[Attempt]:
        """The trainings that go on, as they were a moment ago."""
        return live_in(read_json(self.file(LIVE)))

    def trials(self) -> list[Trial]:
        """The trials that have ended, by their number."""
        return trials_of(self.attempts(), self.sweep.seeds)

    def asked(self) -> "Asked":
        """All that was asked of it."""
        found = Asked(self.sweep.count)
        for request in self.requests():
            found.hear(request)
        return found

    @property
    def most(self) -> int:
        """How many trials it can have."""
        return self.sweep.points if self.sweep.method == "grid" else MOST_TRIALS

    @property
    def has_work(self) -> bool:
        """Whether there is something asked for that isn't there yet."""
        return self.asked().lacks(self.attempts(), self.sweep.seeds)


class Attempts:
    """Reads the trainings that have ended since the last look."""

    def __init__(self, run: SweepRun) -> None:
        self._tail = Tail(run, TRIALS, "state")

    def new(self) -> Iterator[Attempt]:
        """All new ones; a line that makes no sense is passed over."""
        while lines := self._tail.new():
            yield from filter(None, map(attempt_in, lines))


class Asked:
    """What readers of a sweep ask for: how many trials, which to stop, which to repeat."""

    def __init__(self, trials: int) -> None:
        self.trials = trials
        self.stopped: set[int] = set()
        self.repeated: list[int] = []
        self.stop = False
        self.only_repeats = False
        """Whether the trials that are not there yet are to wait."""

    def units(self, seeds: int) -> list[tuple[int, int]]:
        """The trainings in order, each as a trial and a seed: the trials, then the repetitions."""
        trials = [(n, k) for n in range(1, self.trials + 1) for k in range(seeds)]
        return trials + [(n, k) for n in self.repeated for k in range(seeds, seeds + REPEATS)]

    def lacks(self, attempts: Sequence[Attempt], seeds: int) -> bool:
        """Whether something is asked for that isn't among the trainings that have ended."""
        there = {(attempt.trial, attempt.seed) for attempt in attempts}
        return any(unit not in there for unit in self.units(seeds))

    def hear(self, request: dict[str, Any]) -> None:
        """Takes in the next request."""
        asked, trial = request["do"], request.get("trial")
        if asked in ("stop", "kill") and trial is None:
            self.stop = True
        elif asked == "resume":
            self.stop, self.only_repeats = False, request.get("only") == "repeats"
        elif asked == "trials" and _is_count(request.get("trials")):
            self.trials, self.only_repeats = max(self.trials, request["trials"]), False
        elif asked == "stop" and _is_count(trial):
            self.stopped.add(trial)
        elif asked == "repeat" and _is_count(trial) and trial not in self.repeated:
            self.repeated.append(trial)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TRIALS


def create_sweep(experiment: Experiment, name: str = "") -> SweepRun:
    """A new sweep directory; `BadInput`, and nothing left behind, if it can't be written."""
    from tui_lab.runs.source import copied, find_source

    refuse_without_optuna(experiment.sweep)
    name = (name or experiment.title)[:200]
    source = find_source(experiment.weights) if experiment.weights else None
    experiment = experiment.replace(dataset=experiment.dataset.sealed())
    run = SweepRun(new_folder(home() / "sweeps", name))
    status = {"state": "queued", "name": name, "dataset": experiment.dataset.title,
              "started": round(time.time(), 3),
              **({"weights_from": source.name} if source else {})}  # fmt: skip
    try:
        if source:
            copied(source, run)
        write_file(run.file("experiment.yaml"), resolved(experiment).encode())
        write_file(run.file("status.json"), json.dumps(status).encode())
    except BadInput:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return run


def refuse_without_optuna(sweep: Sweep | None) -> None:
    """`BadInput` if a sweep needs Optuna and it isn't installed."""
    if sweep and sweep.method == "tpe" and find_spec("optuna") is None:
        told = "pip install 'tui-lab[tpe]', or take method: random"
        raise BadInput(f"the method tpe needs Optuna: {told}")


def all_sweeps() -> list[SweepRun]:
    """Every sweep, the newest first."""
    return newest_first("sweeps", sweep_called)


def sweep_called(name: str) -> SweepRun | None:
    """The sweep of this id, if it is one and no path, option or anything else in disguise."""
    run = SweepRun(home() / "sweeps" / name)
    return run if is_id(name) and run.file("status.json").is_file() else None


def sweep_meant(name: str) -> SweepRun | None:
    """The sweep of this id, in which dots may stand for dashes, as in the preset's name."""
    return sweep_called(name) or sweep_called(name.replace(".", "-"))


def in_trash(name: str) -> bool:
    """Whether a sweep of this id was deleted and may come back."""
    return is_id(name) and (trash("sweeps") / name).is_dir()


def find_sweep(name: str) -> SweepRun:
    """The sweep with this id, `last` for the newest, or the newest of this name, or `BadInput`."""
    if found := sweep_meant(name):
        return found
    if in_trash(name):
        raise BadInput(f"{name} is in the trash; tui-lab restore --sweep {name} brings it back")
    sweeps = all_sweeps()
    for run in sweeps:
        if name in ("last", run.status().get("name")):
            return run
    if not sweeps:
        raise BadInput("there are no sweeps yet; tui-lab sweep PRESET starts one")
    hint = nearest(name, [run.id for run in sweeps])
    raise BadInput(f'there is no sweep "{visible(name, 60)}"{hint}')


def promoted(run: SweepRun, number: int) -> Run:
    """A new run of a trial's Experiment; `BadInput` if there is no such trial."""
    trials = {trial.number: trial for trial in run.trials()}
    if number not in trials:
        raise BadInput(f"{run.id} has no trial {number} that has ended")
    experiment = of_trial(run.experiment, trials[number].settings)
    name = str(run.status().get("name", "")) or run.id
    return create_run(experiment, f"{name} trial {number}", _first_weights(run))


def _first_weights(run: SweepRun) -> "Source | None":
    """The sweep's own copy: by now the name may mean another run than it did, or none."""
    from tui_lab.runs.source import Source, initial_file

    weights = run.experiment.weights
    if weights is None:
        return None
    return Source(run.status().get("weights_from", weights.from_), initial_file(run.folder))
