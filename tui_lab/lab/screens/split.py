"""How the rows are shared out: fractions, a column that says it, or files."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui_lab.errors import BadInput
from tui_lab.experiment.changes import rooted
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.edits import Entry, dataset_entries
from tui_lab.experiment.experiment import Experiment
from tui_lab.lab.panels.settings import Settings

FIELDS = ("split", "stratify", "split_column", "validation", "test", "seed", "rare", "scale")


class SplitDialog(ModalScreen[Dataset | None]):
    """Gives the dataset with other settings; a text that is wrong stays until it is mended."""

    BINDINGS: ClassVar = [Binding("escape,q", "close", "Close", id="split.close")]

    def __init__(self, dataset: Dataset, columns: tuple[str, ...]) -> None:
        super().__init__()
        self.experiment, self.columns = Experiment(dataset=dataset), columns

    def compose(self) -> ComposeResult:
        """The settings, as on the main screen."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Split"
            dialog.border_subtitle = "Enter edits · ← → choose · Esc closes"
            yield Settings("", self.change, id="split")

    def on_mount(self) -> None:
        """Shows them."""
        self._show()

    def change(self, experiment: Experiment | None, final: bool) -> None:
        """A setting was changed."""
        if experiment and final:
            self.experiment = rooted(experiment, Path.cwd())
        self._show()

    def _show(self) -> None:
        settings = self.query_one(Settings)
        wrong = tuple(sentence for _, sentence in settings.wrong.values())
        entries = [self._entry(e) for e in dataset_entries(self.experiment) if e.label in FIELDS]
        settings.show(sorted(entries, key=lambda e: FIELDS.index(e.label)), wrong)

    def _entry(self, entry: Entry) -> Entry:
        if entry.label == "split_column":
            return replace(entry, choices=("none", *self.columns))
        if entry.label in ("validation", "test"):
            return replace(entry, apply=partial(_with_file, entry))
        return entry

    def action_close(self) -> None:
        """Gives what is right."""
        self.dismiss(self.experiment.dataset)


def _with_file(entry: Entry, text: str) -> Experiment:
    """What the entry makes of a file's path; `BadInput` if there is none."""
    experiment = rooted(entry.apply(text), Path.cwd())
    path = getattr(experiment.dataset, entry.label)
    if path and not os.path.exists(path):
        raise BadInput("there is no such file", path)
    return experiment
