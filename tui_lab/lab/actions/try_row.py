"""Trying the network of the shown run on a row."""

from typing import TYPE_CHECKING

from tui_lab.errors import BadInput
from tui_lab.experiment.preparation import read_preparation
from tui_lab.lab.screens.try_row import TryRow

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def try_row(main: "Main") -> None:
    """Opens the screen, unless the run doesn't know how its data was prepared."""
    if (run := main.view.run) is None:
        return
    try:
        saved = read_preparation(run.file("preparation.json"))
    except BadInput as error:
        main.say(str(error))
    else:
        main.app.push_screen(TryRow(run, saved))
