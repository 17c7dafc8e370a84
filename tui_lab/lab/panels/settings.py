"""Settings as rows of label and value: the dataset's and the hyperparameters'."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Offset
from textual.widgets import OptionList, Static

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.edits import Entry
from tui_lab.experiment.experiment import Experiment
from tui_lab.lab.widgets.rows import Editor, Rows

LABEL_WIDTH = 16
Change = Callable[[Experiment | None, bool], None]
"""Takes an Experiment with another value, and whether it is final or still being typed.

Called, not posted: a key that comes right behind another must see what that one did.
"""


class Settings(Vertical):
    """Rows of settings; Enter edits one in place, left and right go through its choices.

    Text that is not valid is edited on after Enter; left by Tab it stays as typed, marked, with its
    message, and blocks training.
    """

    BINDINGS: ClassVar = [
        Binding("left,h", "step(-1)", "Previous choice", show=False, id="settings.previous"),
        Binding("right,l", "step(1)", "Next choice", show=False, id="settings.next"),
    ]

    def __init__(self, title: str, change: Change, *, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title, self.change = title, change
        self.entries: list[Entry] = []
        self.wrong: dict[str, tuple[str, str]] = {}
        """The texts that are not valid, by label, each with what is wrong about it."""
        self._edited: Entry | None = None

    def compose(self) -> ComposeResult:
        """What is known, above the list."""
        yield Static(classes="facts")
        yield Rows()

    def show(self, entries: list[Entry], facts: tuple[str, ...] = ()) -> None:
        """Shows these settings below lines of plain text."""
        self.entries = entries
        labels = {entry.label for entry in entries}
        self.wrong = {label: wrong for label, wrong in self.wrong.items() if label in labels}
        self.query_one(Static).update(Content("\n").join(Content(visible(x)) for x in facts))
        self.query_one(Rows).rebuild([self._row(entry) for entry in entries])

    def _row(self, entry: Entry) -> Content:
        label = f"{entry.label.replace('_', ' '):{LABEL_WIDTH}}"
        if entry.label in self.wrong:
            text, _ = self.wrong[entry.label]
            return Content.assemble((label, "$text-error"), (f"{visible(text)} ✗", "$text-error"))
        return Content.assemble((label, "$foreground-muted"), visible(entry.value))

    def _current(self) -> Entry | None:
        place = self.query_one(Rows).highlighted
        return None if place is None or place >= len(self.entries) else self.entries[place]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter: a list of choices, or an input in place."""
        event.stop()
        entry = self._current()
        if entry is None:
            return
        if not entry.choices:
            self._edit(entry)
            return
        from tui_lab.lab.screens.choose import Choose

        choose = Choose(entry.label, list(entry.choices), entry.value, notes=entry.notes)
        self.app.push_screen(choose, lambda chosen: self._take(entry, chosen))

    def _edit(self, entry: Entry) -> None:
        rows = self.query_one(Rows)
        row = rows.region.y - self.content_region.y + (rows.highlighted or 0) - round(rows.scroll_y)
        text = self.wrong[entry.label][0] if entry.label in self.wrong else entry.value
        self._edited = entry
        width = max(8, self.content_size.width - LABEL_WIDTH)
        editor = Editor(text, Offset(LABEL_WIDTH, row), width)
        self.mount(editor)
        editor.focus()

    def on_input_changed(self, event: Editor.Changed) -> None:
        """While typing, everything that follows from a valid text is shown already."""
        event.stop()
        if self._edited is not None:
            self.change(self._applied(self._edited, event.value), False)

    async def on_editor_done(self, event: Editor.Done) -> None:
        """Takes the text, or leaves everything as it was before; Enter on a wrong one stays."""
        event.stop()
        entry = self._edited
        if entry is None:
            return
        is_asked_again = event.text is not None and not event.is_left
        if is_asked_again and self._applied(entry, event.text or "") is None:
            self.change(None, False)
            return
        self._edited = None
        await self.query(Editor).remove()
        self.query_one(Rows).focus()
        self._take(entry, event.text)

    def _take(self, entry: Entry, text: str | None) -> None:
        """A final text; None leaves the value as it was."""
        experiment = None if text is None else self._applied(entry, text)
        if text is None:
            self.wrong.pop(entry.label, None)
        self.change(experiment, True)

    def _applied(self, entry: Entry, text: str) -> Experiment | None:
        try:
            experiment = entry.apply(text)
        except BadInput as error:
            self.wrong[entry.label] = (text, str(error))
            return None
        self.wrong.pop(entry.label, None)
        return experiment

    def action_step(self, by: int) -> None:
        """Takes the next or previous choice."""
        entry = self._current()
        if entry and entry.choices:
            place = entry.choices.index(entry.value) if entry.value in entry.choices else 0
            self._take(entry, entry.choices[(place + by) % len(entry.choices)])
