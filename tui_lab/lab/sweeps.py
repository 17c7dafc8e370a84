"""The sweeps of a lab: starting them, going on with them, and their processes."""

import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput
from tui_lab.experiment.advice import completed, network_of
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.sweep import Sweep
from tui_lab.experiment.work import workers_for
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.screens.sweep_form import OPEN, SweepForm
from tui_lab.runs.run import ENDED
from tui_lab.runs.start import settle
from tui_lab.runs.status import Status
from tui_lab.runs.sweep_run import SweepRun, all_sweeps, create_sweep, find_sweep

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main

LAST_SECONDS = 2
Show = Callable[[SweepRun], None]


class Sweeps:
    """Knows the main screen, whose Experiment is swept, and the processes that were started."""

    def __init__(self, main: "Main") -> None:
        self.main = main
        self._processes: dict[str, tuple[SweepRun, subprocess.Popen[bytes]]] = {}
        self.shown: SweepRun | None = None
        """The one that was looked at last."""
        self.deleted: list[str] = []
        """The ids of those that were deleted here, the last one last."""

    @property
    def running(self) -> list[SweepRun]:
        """Those that were started here and go on."""
        self.settle()
        return [run for run, _ in self._processes.values()]

    def settle(self) -> None:
        """Writes down how processes ended that were started here."""
        for name, (run, process) in list(self._processes.items()):
            if (code := process.poll()) is not None:
                settle(run, code)
                del self._processes[name]

    def ask(self, then: Show) -> None:
        """Asks what to sweep, and starts it."""
        main, facts = self.main, self.main.facts
        if main.wrong or facts is None:
            main.say((main.wrong or ["the data is still being read"])[0])
            return
        experiment = completed(main.experiment, facts)

        def answered(sweep: Sweep | str | None) -> None:
            if sweep == OPEN:
                self.choose(None, then)
            elif isinstance(sweep, Sweep):
                main.become(experiment.replace(sweep=sweep))
                self._start(experiment.replace(sweep=sweep), then)

        main.app.push_screen(SweepForm(experiment, bool(facts.classes)), answered)

    def _start(self, experiment: Experiment, then: Show) -> None:
        facts = self.main.facts
        assert facts is not None
        net = network_of(experiment, facts)
        try:
            run = create_sweep(experiment, self.main.called)
            self._begin(run, workers_for(net, experiment.dataset.batch_size))
        except BadInput as error:
            self.main.say(str(error))
            return
        then(run)

    def go_on(self, run: SweepRun, only: str = "") -> None:
        """Goes on with a sweep, or with its "repeats" only, unless a process works on it."""
        self.settle()
        status = run.status()
        if status["state"] in ENDED:
            run.ask(do="resume", only=only or None)
            self._begin(run, int(status.get("workers", 1)))

    def _begin(self, run: SweepRun, workers: int) -> None:
        if run.id in self._processes:  # it has said that it is done, and is about to go
            _wait(run, self._processes[run.id][1])
        self._processes[run.id] = (run, self.main.lab.warm.sweep(run, workers))

    def choose(self, now: SweepRun | None, then: Show) -> None:
        """Asks which sweep to look at; `now` is the one that is shown."""
        found = all_sweeps()
        if not found:
            self.main.say("there are no sweeps yet: S, then t, starts one")
            return
        notes = {run.id: _note(run.status()) for run in found}

        def chosen(name: str | None) -> None:
            if name:
                then(find_sweep(name))

        self.main.app.push_screen(
            Choose("Sweeps", list(notes), (now or found[0]).id, notes=notes), chosen
        )


def _note(status: Status) -> str:
    """`finished · 30 trials · digits · 11-29 12:30`, of what there is."""
    trials, begun = status.get("trials"), datetime.fromtimestamp(status.get("started", 0))
    told = [str(status["state"]), f"{trials} trials" if trials else "", status.get("dataset", "")]
    return " · ".join(filter(None, [*told, begun.strftime("%m-%d %H:%M")]))


def _wait(run: SweepRun, process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(LAST_SECONDS)
    except subprocess.TimeoutExpired:
        raise BadInput(f"the process of {run.id} is about to end; try again then") from None
