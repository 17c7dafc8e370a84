"""Settings as rows of label and value: the dataset's and the hyperparameters'."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import OptionList

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.edits import Entry
from tui_lab.experiment.experiment import Experiment
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.widgets.rows import Editor, Rows

LABEL_WIDTH = 15


class Settings(Vertical):
    """Rows of settings; Enter edits one in place, left and right go through its choices.

    Text that is not valid stays as typed, marked, with its message, and blocks training.
    """

    BINDINGS: ClassVar = [
        Binding("left,h", "step(-1)", "Previous", show=False, id="settings.previous"),
        Binding("right,l", "step(1)", "Next", show=False, id="settings.next"),
    ]

    class Changed(Message):
        """A setting has a new, valid value."""

        def __init__(self, experiment: Experiment) -> None:
            self.experiment = experiment
            super().__init__()

    class Invalid(Message):
        """The wrong texts have changed: what is wrong now, or nothing."""

        def __init__(self, sentence: str) -> None:
            self.sentence = sentence
            super().__init__()

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = title
        self.entries: list[Entry] = []
        self.heading: list[Content] = []
        self.wrong: dict[str, tuple[str, str]] = {}
        self._edited: Entry | None = None

    def compose(self) -> ComposeResult:
        """One list."""
        yield Rows()

    def show(self, entries: list[Entry], heading: tuple[str, ...] = ()) -> None:
        """Shows these settings, below lines of plain text."""
        self.entries, self.heading = entries, [Content(visible(line)) for line in heading]
        self.query_one(Rows).rebuild([*self.heading, *map(self._row, entries)])

    def _row(self, entry: Entry) -> Content:
        if entry.label in self.wrong:
            text, _ = self.wrong[entry.label]
            return Content.assemble(
                (f"{entry.label:{LABEL_WIDTH}}", "bold $text-error"),
                (f"{visible(text)} ✗", "$text-error"),
            )
        return Content.assemble(
            (f"{entry.label.replace('_', ' '):{LABEL_WIDTH}}", "$text-muted"), visible(entry.value)
        )

    def _current(self) -> Entry | None:
        place = (self.query_one(Rows).highlighted or 0) - len(self.heading)
        return self.entries[place] if 0 <= place < len(self.entries) else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter: a list of choices, or an input in place."""
        event.stop()
        entry = self._current()
        if entry is None:
            return
        if entry.choices:
            self.app.push_screen(
                Choose(entry.label, list(entry.choices), entry.value),
                lambda chosen: self._take(entry, chosen),
            )
        else:
            self._edit(entry)

    def _edit(self, entry: Entry) -> None:
        rows = self.query_one(Rows)
        row = (rows.highlighted or 0) - round(rows.scroll_y)
        text = self.wrong[entry.label][0] if entry.label in self.wrong else entry.value
        self._edited = entry
        width = max(8, self.content_size.width - LABEL_WIDTH)
        editor = Editor(text, Offset(LABEL_WIDTH, row), width)
        self.mount(editor)
        editor.focus()

    def on_input_changed(self, event: Editor.Changed) -> None:
        """While typing, everything that follows from a valid value is already shown."""
        event.stop()
        if self._edited:
            self._take(self._edited, event.value)

    async def on_editor_done(self, event: Editor.Done) -> None:
        """Takes the text, or leaves everything as it was before."""
        event.stop()
        entry, self._edited = self._edited, None
        if entry is None:
            return
        self.query_one(Rows).focus()
        await self.query(Editor).remove()
        self._take(entry, entry.value if event.text is None else event.text)

    def _take(self, entry: Entry, text: str | None) -> None:
        if text is None:
            return
        try:
            experiment = entry.apply(text)
        except BadInput as error:
            self.wrong[entry.label] = (text, str(error))
        else:
            self.wrong.pop(entry.label, None)
            self.post_message(self.Changed(experiment))
        if self._edited is None:
            self.show(self.entries, tuple(line.plain for line in self.heading))
        sentences = [sentence for _, sentence in self.wrong.values()]
        self.post_message(self.Invalid(sentences[0] if sentences else ""))

    def action_step(self, by: int) -> None:
        """Takes the next or previous choice."""
        entry = self._current()
        if entry and entry.choices:
            place = entry.choices.index(entry.value) if entry.value in entry.choices else 0
            self._take(entry, entry.choices[(place + by) % len(entry.choices)])
