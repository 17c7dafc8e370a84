"""One of many: a list that gets shorter while typing."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from tui_lab.errors import visible
from tui_lab.lab.widgets.rows import Line, Rows, cut

WIDTH = 70


class Choose(ModalScreen[str | None]):
    """Gives the chosen text, or None; `free` also allows a text that is not in the list.

    `complete` gives what a text that is typed may go on as, such as paths; Tab writes one out.
    """

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss(None)", "Cancel", id="choose.cancel"),
        Binding("down", "move(1)", show=False, id="choose.down"),
        Binding("up", "move(-1)", show=False, id="choose.up"),
        Binding("tab", "complete", "Complete the text", show=False, id="choose.complete"),
    ]

    def __init__(
        self, title: str, options: list[str], current: str = "", *,
        notes: Mapping[str, str] | None = None, free: str = "",
        complete: Callable[[str], list[str]] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.completions = complete or (lambda typed: [])
        self.heading, self.options, self.current = title, options, current
        self.notes, self.free = notes or {}, free
        self.shown = options

    def compose(self) -> ComposeResult:
        """A line to type in above the list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self.heading
            yield Line(placeholder=self.free or "type to search")
            yield Rows()

    def on_mount(self) -> None:
        """Starts at the current choice."""
        self._show("")
        if self.current in self.shown:
            for rows in self.query(Rows):
                rows.highlighted = self.shown.index(self.current)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Shortens the list."""
        self._show(event.value)

    def _show(self, typed: str) -> None:
        self.shown = [option for option in self.options if typed.lower() in option.lower()]
        self.shown += self.completions(typed) if typed else []
        width = min(max(map(len, self.options), default=0) + 2, WIDTH)
        nothing = "Enter takes what you typed" if self.free else "nothing matches"
        rows = [self._row(option, width) for option in self.shown]
        for shown in self.query(Rows):  # none, if a key has already closed the list
            shown.rebuild(rows or [Content.styled(nothing, "$foreground-muted")])

    def _row(self, option: str, width: int) -> Content:
        if option not in self.options:
            shown = visible(option)  # of a path the end tells it from others
            return Content(shown if len(shown) <= WIDTH else f"…{shown[1 - WIDTH :]}")
        note = cut(visible(self.notes.get(option, "")), WIDTH - width)
        name = f"{cut(visible(option), width):{width}}"
        return Content.assemble(name, (note, "$foreground-muted"))

    def action_move(self, by: int) -> None:
        """Moves through the list while the input keeps the focus."""
        rows = self.query_one(Rows)
        if self.shown:
            rows.highlighted = ((rows.highlighted or 0) + by) % len(self.shown)

    def action_complete(self) -> None:
        """Writes out the highlighted option, to be typed on."""
        line = self.query_one(Line)
        place = self.query_one(Rows).highlighted
        if self.shown and place is not None:
            line.value = self.shown[place]
            line.cursor_position = len(line.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes the highlighted option, or the text itself where that is allowed."""
        place = self.query_one(Rows).highlighted
        if self.shown and place is not None:
            self.dismiss(self.shown[place])
        elif self.free and event.value:
            self.dismiss(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Takes the selected option."""
        if event.option_index < len(self.shown):
            self.dismiss(self.shown[event.option_index])
