"""What to sweep: a line for each setting with its range, and for each option."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from tui_lab.errors import visible
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.suggested import hardly_halves, sweep_of, unfit_metric
from tui_lab.experiment.sweep import Sweep
from tui_lab.experiment.sweep_lines import OPTIONS, lines_of, sweep_in
from tui_lab.lab.help import HELP
from tui_lab.lab.screens.ask import Help
from tui_lab.lab.widgets.rows import Editor, Rows

NEW = "layers.2: choice ReLU Tanh"
"""What a new line shows how to write."""
OPEN = "open"
"""The answer that asks for a sweep that was there before."""
TOLD = (
    "Ranges: uniform 0.8 0.99 · loguniform 1e-4 1e-2 · integers 8 64 · choice ReLU Tanh · with "
    "method grid: grid 0.01 0.1. Methods: random, grid, tpe. halving 2 stops the worse half after "
    "2, 4, 8 … epochs."
)


class SweepForm(ModalScreen[Sweep | str | None]):
    """Gives a sweep, or `OPEN` for one that was there before.

    A line that is wrong stays as it is, marked, until it is mended.
    """

    BINDINGS: ClassVar = [
        Binding("t", "start", "Start", id="sweepform.start"),
        Binding("a", "add", "Add a line", id="sweepform.add"),
        Binding("d,delete", "delete", "Delete the line", id="sweepform.delete"),
        Binding("o", f"dismiss('{OPEN}')", "Open an earlier sweep", id="sweepform.open"),
        Binding("question_mark", "help", "Help", id="sweepform.help"),
        Binding("escape,q", "dismiss(None)", "Cancel", id="sweepform.cancel"),
    ]
    AUTO_FOCUS = "Rows"

    def __init__(self, experiment: Experiment, is_classification: bool) -> None:
        super().__init__()
        self.experiment, self.is_classification = experiment, is_classification
        self.lines = lines_of(sweep_of(experiment))
        self._edited: int | None = None

    def compose(self) -> ComposeResult:
        """The lines, and what is wrong or what there is."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Sweep"
            dialog.border_subtitle = (
                "Enter edits · a adds · d deletes · t starts · o opens · ? helps · Esc"
            )
            yield Rows()
            yield Static(id="told")

    def on_mount(self) -> None:
        """Shows them."""
        self._show()

    def _read(self) -> tuple[Sweep | None, dict[int, str]]:
        sweep, wrong = sweep_in(self.lines, self.experiment)
        unfit = unfit_metric(sweep, self.is_classification) if sweep else ""
        places = [i for i, line in enumerate(self.lines) if line.startswith("metric")]
        return (None, {(places or [0])[0]: unfit}) if unfit else (sweep, wrong)

    def _show(self, place: int | None = None) -> None:
        sweep, wrong = self._read()
        rows = [
            Content.assemble((visible(f"{line} ✗"), "$text-error")) if i in wrong else _row(line)
            for i, line in enumerate(self.lines)
        ]
        self.query_one(Rows).rebuild(rows, place)
        told = next(iter(wrong.values()), "")
        style = "$text-error" if told else "$foreground-muted"
        told = told or hardly_halves(sweep) or TOLD
        self.query_one("#told", Static).update(Content.styled(visible(told), style))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter edits the line in place."""
        event.stop()
        self._edit(event.option_index)

    def _edit(self, place: int) -> None:
        rows, dialog = self.query_one(Rows), self.query_one(Vertical)
        self._edited = place
        row = rows.region.y - dialog.content_region.y + place - round(rows.scroll_y)
        editor = Editor(self.lines[place], Offset(0, row), dialog.content_size.width)
        dialog.mount(editor)
        editor.focus()

    async def on_editor_done(self, event: Editor.Done) -> None:
        """Takes the text, or leaves the line as it was."""
        event.stop()
        place, self._edited = self._edited, None
        if place is None:
            return
        await self.query(Editor).remove()
        self.query_one(Rows).focus()
        if event.text is not None:
            self.lines[place] = event.text.strip()
        self.lines = [line for line in self.lines if line]
        self._show()

    def action_add(self) -> None:
        """A new line above the options."""
        place = next((i for i, line in enumerate(self.lines) if _is_option(line)), len(self.lines))
        self.lines.insert(place, NEW)
        self._show(place)
        self.call_after_refresh(self._edit, place)

    def action_delete(self) -> None:
        """Takes the highlighted line away; an option then is as usual."""
        place = self.query_one(Rows).highlighted
        if place is not None and self.lines:
            del self.lines[place]
            self._show()

    def action_help(self) -> None:
        """What can be swept, and how to write it."""
        self.app.push_screen(Help(HELP["sweep_form"]))

    def action_start(self) -> None:
        """Gives the sweep, if nothing is wrong."""
        sweep, _ = self._read()
        if sweep is not None:
            self.dismiss(sweep)


def _is_option(line: str) -> bool:
    return line.partition(":")[0].strip() in OPTIONS


def _row(line: str) -> Content:
    key, _, rest = line.partition(":")
    return Content.assemble((f"{visible(key)}:", "$foreground-muted"), visible(rest))
