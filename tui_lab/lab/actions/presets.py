"""Opening and saving presets without losing changes or files."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.own_data import PRESET_ENDINGS
from tui_lab.experiment.presets import load_preset, read_preset, save_preset, shipped_presets
from tui_lab.lab.actions.paths import typed_path
from tui_lab.lab.screens.ask import Ask, AskText
from tui_lab.lab.screens.choose import Choose

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def choose_preset(main: "Main") -> None:
    """Asks for a shipped preset, or the path of a file, and opens it."""
    shipped = list(shipped_presets())
    notes = {name: load_preset(name).title for name in shipped}

    def chosen(name: str | None) -> None:
        if name:
            unless_changed(main, lambda: _open(main, typed_path(name)))

    free = "type to search, or a path to a file"
    main.app.push_screen(Choose("Open a preset", shipped, notes=notes, free=free), chosen)


def _open(main: "Main", path: Path) -> None:
    try:
        preset = read_preset(path)
    except BadInput as error:
        main.say(str(error))
    else:
        main.begin(preset.experiment, preset.file)


def unless_changed(main: "Main", do: Callable[[], None]) -> None:
    """Does something that loses the changes, after asking."""
    if not main.history.is_changed:
        do()
        return
    answers = {"w": "save them first", "d": "discard them", "k": "keep editing"}

    def answered(answer: str | None) -> None:
        if answer == "w":
            ask_and_save(main, do)
        elif answer == "d":
            do()

    main.app.push_screen(Ask("There are unsaved changes.", answers), answered)


def unless_there(main: "Main", path: Path, do: Callable[[], None]) -> None:
    """Does something that replaces a file, after asking."""
    if not os.path.exists(path):
        do()
        return

    def answered(answer: str | None) -> None:
        if answer == "r":
            do()

    question = f'"{visible(str(path))}" is there already.'
    main.app.push_screen(Ask(question, {"r": "replace it"}), answered)


def ask_and_save(main: "Main", then: Callable[[], None] = lambda: None) -> None:
    """Asks for a file's name and saves the Experiment as a preset; `then` follows if it worked."""
    is_preset = main.path.suffix in PRESET_ENDINGS and main.path.exists()
    is_own = is_preset and main.path not in shipped_presets().values()
    own = main.path if is_own else None
    start = own or Path(f"my-{main.called}.yaml")

    def named(text: str | None) -> None:
        if not text:
            return
        path = typed_path(text)
        if path == own:
            _save(main, path, then)
        else:
            unless_there(main, path, lambda: _save(main, path, then))

    main.app.push_screen(AskText("Save the preset as:", str(start)), named)


def _save(main: "Main", path: Path, then: Callable[[], None]) -> None:
    try:
        save_preset(main.history.now, path)
    except BadInput as error:
        main.say(str(error))
    else:
        main.saved_as(path)
        main.notify(f"saved {visible(os.path.abspath(path))}", markup=False)
        then()
