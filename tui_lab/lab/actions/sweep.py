"""Opening the sweep screen, and training what was promoted there."""

from typing import TYPE_CHECKING

from tui_lab.lab.screens.sweep import SweepScreen
from tui_lab.lab.sweeps import Sweeps
from tui_lab.runs.run import ENDED, Run
from tui_lab.runs.sweep_run import SweepRun, all_sweeps

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def look(main: "Main") -> None:
    """Shows the sweep that was looked at last or that still goes on, or asks for a new one."""
    if main.sweeps is None:
        main.sweeps = Sweeps(main)
    sweeps = main.sweeps
    going = (run for run in all_sweeps() if run.status()["state"] not in ENDED)
    run = sweeps.shown or next(going, None)

    def show(run: SweepRun) -> None:
        sweeps.shown = run
        main.app.push_screen(SweepScreen(run, sweeps), chosen)

    def chosen(run: Run | None) -> None:
        if run is not None:
            _train(main, run)

    if run is not None and run.file("status.json").is_file():
        show(run)
    else:
        sweeps.ask(show)


def _train(main: "Main", run: Run) -> None:
    """Trains a promoted trial and shows it, unless another run is trained."""
    if main.view.is_training:
        main.say(f"{run.id} waits: a training is running; tui-lab resume {run.id} starts it")
        return
    main.become(run.experiment.replace(sweep=main.experiment.sweep))
    main.view.follow(run, main.lab.warm.train(run))
    main.view.helm.take()
    main.say(f"{run.id} trains; S leads back to the sweep")
    main.refresh_bindings()
