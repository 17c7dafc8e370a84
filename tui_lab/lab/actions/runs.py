"""Looking through the runs, and opening one in the main screen."""

import re
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput
from tui_lab.lab.actions.presets import unless_changed
from tui_lab.runs.going_on import experiment_now
from tui_lab.runs.run import Run

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def choose_run(main: "Main") -> None:
    """Shows the runs, and opens the one that is chosen."""
    from tui_lab.lab.screens.runs import Runs

    def chosen(run: Run | None) -> None:
        if run is not None:
            open_run(main, run)

    main.app.push_screen(Runs(), chosen)


def open_run(main: "Main", run: Run) -> None:
    """Shows a run, ended or not, with its Experiment, after asking about unsaved changes."""
    try:
        experiment = experiment_now(run)
    except BadInput as error:
        main.say(str(error))
        return
    base = re.sub(r"-\d+$", "", run.id)  # what is trained next is called so, and numbered anew

    def show() -> None:
        main.begin(experiment, run.file(f"{base}.yaml"))
        main.view.follow(run)
        main.refresh_bindings()

    unless_changed(main, show)
