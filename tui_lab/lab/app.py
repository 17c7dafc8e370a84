"""The lab: the Textual app around the main screen."""

import asyncio
import signal
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding

from tui_lab.experiment.experiment import Experiment
from tui_lab.lab.screens.ask import Ask
from tui_lab.lab.screens.main import Main
from tui_lab.runs.run import ENDED
from tui_lab.runs.start import WarmTrainer


class LabApp(App[None]):
    """Holds the warm trainer and leaves well."""

    TITLE = "tui-lab"
    CSS_PATH = "lab.tcss"
    BINDINGS: ClassVar = [
        Binding("ctrl+z", "suspend_process", show=False, id="app.suspend"),
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True, id="app.quit"),
    ]

    def __init__(self, experiment: Experiment, path: Path | None = None) -> None:
        super().__init__()
        self.main = Main(experiment, path)
        self.warm: WarmTrainer

    def on_mount(self) -> None:
        """Shows the main screen, and then starts the warm trainer."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._leave_at, number)
        self.push_screen(self.main)
        self.call_after_refresh(self._warm_up)

    def _warm_up(self) -> None:
        self.warm = WarmTrainer()

    def _leave_at(self, number: signal.Signals) -> None:
        """A signal ends the lab and leaves a training running."""
        self.exit(return_code=128 + number)

    def action_leave(self) -> None:
        """Quits, after asking what becomes of a running training and of unsaved changes."""
        main = self.main
        if main.run and main.state not in ENDED:
            answers = {"l": "leave it running", "s": "stop it, keeping its results"}
            self.push_screen(Ask("A training is running.", answers), self._leave_run)
        else:
            main._unless_changed(self.exit)

    def _leave_run(self, answer: str | None) -> None:
        if answer == "s" and self.main.run:
            self.main.run.ask(do="stop")
        if answer:
            self.main._unless_changed(self.exit)

    def on_unmount(self) -> None:
        """Ends the waiting trainer; one that trains goes on."""
        if hasattr(self, "warm"):
            self.warm.close()


def open_lab(experiment: Experiment, path: Path | None, mouse: bool = True) -> int:
    """Runs the lab until it is left; the exit code."""
    app = LabApp(experiment, path)
    app.run(mouse=mouse)
    return app.return_code or 0
