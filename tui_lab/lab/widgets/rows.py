"""A list of rows that is moved through by arrows or hjkl, and inputs that don't blink."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui_lab.errors import visible


class Rows(OptionList):
    """An OptionList that keeps its place when its rows are rebuilt."""

    BINDINGS: ClassVar = [
        Binding("j", "cursor_down", show=False, id="rows.down"),
        Binding("k", "cursor_up", show=False, id="rows.up"),
    ]

    def rebuild(self, rows: list[Content], place: int | None = None) -> None:
        """Shows other rows and highlights `place`, or the same place as before."""
        scrolled = self.scroll_y
        place = self.highlighted if place is None else place
        self.clear_options()
        self.add_options([Option(row) for row in rows])
        if rows:
            self.scroll_to(y=scrolled, animate=False)
            self.highlighted = min(place or 0, len(rows) - 1)


class Pages(VerticalScroll):
    """A text that is scrolled by arrows or j and k."""

    BINDINGS: ClassVar = [
        Binding("j", "scroll_down", show=False, id="pages.down"),
        Binding("k", "scroll_up", show=False, id="pages.up"),
    ]


class Line(Input):
    """A line to type in; its cursor doesn't blink, so that an idle screen sends nothing."""

    def __init__(self, value: str = "", *, placeholder: str = "", select: bool = False) -> None:
        super().__init__(value, placeholder=placeholder, compact=True, select_on_focus=select)
        self.cursor_blink = False

    def render_line(self, y: int) -> Strip:
        """As an input does it, but harmless: the name of a file may hold anything."""
        strip = super().render_line(y)
        shown = [Segment(visible(text), style) for text, style, _ in strip]
        return Strip(shown).crop(0, strip.cell_length)


class Editor(Line):
    """A line laid over a row: Enter takes the text, Escape gives it up."""

    BINDINGS: ClassVar = [Binding("escape", "give_up", "Cancel", id="editor.cancel")]

    class Done(Message):
        """Editing is over; `text` is None if it was given up."""

        def __init__(self, text: str | None, is_left: bool = False) -> None:
            self.text, self.is_left = text, is_left
            """Whether the focus has gone elsewhere, so that nothing can be asked again."""
            super().__init__()

    def __init__(self, value: str, at: Offset, width: int) -> None:
        super().__init__(value, select=True)
        self.styles.position = "absolute"
        self.styles.offset = at
        self.styles.width = width

    def action_give_up(self) -> None:
        """Leaves everything as it was."""
        self.post_message(self.Done(None))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes the text."""
        event.stop()
        self.post_message(self.Done(self.value))

    def on_blur(self, event: events.Blur) -> None:
        """Leaving takes the text, too."""
        self.post_message(self.Done(self.value, is_left=True))


def cut(text: str, width: int) -> str:
    """`text` in at most `width` characters, its end shown as left out."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
