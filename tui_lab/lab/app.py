"""The lab: the Textual app around the main screen."""

import asyncio
import gc
import os
import signal
import sys
import threading
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from rich.console import Console
from textual.app import App
from textual.binding import Binding

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.experiment import Experiment
from tui_lab.home import home
from tui_lab.lab.commands import Keys
from tui_lab.lab.keymap import read_keymap
from tui_lab.lab.screens.main import Main
from tui_lab.runs.run import Run
from tui_lab.runs.start import WarmTrainer

SWITCH_SECONDS = 0.0005
"""So soon a thread that reads beside the screen gives way to it; Python's own 0.005 can be felt."""
LEAVE_SECONDS = 1.0
"""A terminal that takes nothing any more holds a lab that was told to go no longer than this."""


class LabApp(App[None]):
    """Holds the warm trainer and leaves well."""

    TITLE = "tui-lab"
    CSS_PATH = "lab.tcss"
    COMMANDS = {Keys}  # noqa: RUF012
    BINDINGS: ClassVar = [
        Binding("ctrl+z", "suspend_process", show=False, id="app.suspend"),
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True, id="app.quit"),
    ]

    def __init__(
        self,
        experiment: Experiment,
        path: Path,
        run: Run | None = None,
        data: Dataset | None = None,
    ) -> None:
        super().__init__()
        self.main, self.run_at_first, self.data_at_first = Main(experiment, path), run, data

    @cached_property
    def warm(self) -> WarmTrainer:
        """The warm trainer, started at the first look at it."""
        return WarmTrainer()

    def get_default_screen(self) -> Main:
        """The main screen."""
        return self.main

    def on_mount(self) -> None:
        """Begins what can wait until the first frame is there; `fg` finds an empty screen."""
        self.app_resume_signal.subscribe(self, lambda _: self.refresh())
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()  # what is there now stays, and needn't be looked through again and again
        gc.enable()
        if self.run_at_first is not None:
            from tui_lab.lab.actions.runs import open_run

            open_run(self.main, self.run_at_first)
        if self.data_at_first is not None:
            from tui_lab.lab.actions.dataset import open_data

            open_data(self.main, self.data_at_first)
        _ = self.warm
        self.run_worker(partial(import_module, "plotext"), thread=True, group="first curve")

    def leave_at(self, number: int, frame: object) -> None:
        """A signal's handler: ends the lab, leaves a training running, and never hangs.

        Not the event loop's own handler, because the loop may be waiting for the terminal.
        """
        code = 128 + number
        guard = threading.Timer(LEAVE_SECONDS, os._exit, [code])
        guard.daemon = True
        guard.start()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            sys.exit(code)
        loop.call_soon_threadsafe(partial(self.exit, return_code=code))

    def action_leave(self) -> None:
        """Quits, after asking what becomes of a running training and of unsaved changes."""
        from tui_lab.lab.actions.presets import unless_changed
        from tui_lab.lab.screens.ask import Ask

        main = self.main
        sweeping = main.sweeps is not None and bool(main.sweeps.running)
        if main.view.is_training or sweeping:
            answers = {"l": "leave it running", "s": "stop it, keeping its results"}
            what = "training" if main.view.is_training else "sweep"
            self.push_screen(Ask(f"A {what} is running.", answers), self._leave_run)
        else:
            unless_changed(main, self.exit)

    def _leave_run(self, answer: str | None) -> None:
        from tui_lab.lab.actions.presets import unless_changed

        def leave() -> None:
            if answer == "s":
                self._stop_all()
            self.exit()

        if answer:
            unless_changed(self.main, leave)

    def _stop_all(self) -> None:
        if self.main.view.is_training:
            self.main.ask_trainer(do="stop")
        for run in self.main.sweeps.running if self.main.sweeps else ():
            run.ask(do="stop")

    def on_unmount(self) -> None:
        """Ends the waiting trainer; one that trains goes on."""
        if "warm" in vars(self):
            self.warm.close()

    def _print_error_renderables(self) -> None:
        """After a mistake of the lab's own: one sentence; the traceback goes to a file."""
        if self._exception is None:
            super()._print_error_renderables()
            return
        error = getattr(self._exception, "error", self._exception)
        sentence = visible(f"the lab broke: {type(error).__name__}: {error}", 300)
        details = self._traceback_kept()
        self._exit_renderables.clear()
        print(f"tui-lab: {sentence}. A training goes on without it{details}", file=sys.__stderr__)

    def _traceback_kept(self) -> str:
        log = home() / "lab-error.log"
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("w", encoding="utf-8") as file:
                Console(file=file, width=100).print(*self._exit_renderables)
        except OSError:
            return ""
        return f"; the details are in {visible(str(log))}"


def open_lab(
    experiment: Experiment,
    path: Path,
    mouse: bool = True,
    run: Run | None = None,
    data: Dataset | None = None,
) -> int:
    """Runs the lab, on a run or with the data screen on a file, until it is left: the exit code.

    `BadInput` if the lab can't be shown.
    """
    if (terminal := os.environ.get("TERM", "")) in ("dumb", "unknown"):
        raise BadInput(f"this terminal (TERM={terminal}) can't show the lab; use tui-lab train")
    sys.setswitchinterval(SWITCH_SECONDS)
    keys = read_keymap()
    app = LabApp(experiment, path, run, data)
    app.set_keymap(keys)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, app.leave_at)
    app.run(mouse=mouse)
    return app.return_code or 0
