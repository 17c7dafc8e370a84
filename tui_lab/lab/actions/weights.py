"""Taking the weights, the network or the curves of the shown run away as a file."""

import os
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput
from tui_lab.lab.actions.paths import typed_path
from tui_lab.lab.actions.presets import unless_there
from tui_lab.lab.screens.ask import AskText
from tui_lab.lab.screens.choose import Choose
from tui_lab.runs.export import FORMATS, export, file_name
from tui_lab.runs.run import Run

if TYPE_CHECKING:
    from textual.app import App

    from tui_lab.lab.screens.main import Main


def ask_and_export(main: "Main") -> None:
    """Asks for the format and the file's name, then writes the shown run."""
    if (run := main.view.run) is None:
        return

    def chosen(kind: str | None) -> None:
        if kind:
            ask = AskText("Write it to:", file_name(run, kind))
            main.app.push_screen(ask, lambda name: named(kind, name))

    def named(kind: str, name: str | None) -> None:
        if name:
            path = typed_path(name)
            unless_there(main, path, lambda: start(kind, path))

    def start(kind: str, path: Path) -> None:
        app = main.app  # which can't be found from another thread
        Thread(target=_write, args=(main, app, run, kind, path), daemon=True).start()

    notes = {kind: found.about for kind, found in FORMATS.items()}
    main.app.push_screen(Choose("Export as", list(FORMATS), notes=notes), chosen)


def _write(main: "Main", app: "App[object]", run: Run, kind: str, path: Path) -> None:
    """Beside the screen, and leaving the lab doesn't wait for it: a check may take a minute."""
    try:
        told = export(run, kind, Path(os.path.abspath(path)))
    except BadInput as error:
        tell = partial(main.say, str(error))
    else:
        tell = partial(main.notify, told, markup=False)
    if app.is_running:  # or else the lab was left meanwhile
        app.call_from_thread(tell)
