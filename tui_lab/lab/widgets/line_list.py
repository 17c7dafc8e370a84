"""A list of lines to move through: however many there are, only those on the screen are drawn."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Row = TypeVar("Row")


class LineList(ScrollView, Generic[Row], can_focus=True):
    """Rows of one line each below a heading that stays; one of them is highlighted."""

    BINDINGS: ClassVar = [
        Binding("up,k", "move(-1)", show=False, id="lines.up"),
        Binding("down,j", "move(1)", show=False, id="lines.down"),
        Binding("pageup", "page(-1)", show=False, id="lines.pageup"),
        Binding("pagedown", "page(1)", show=False, id="lines.pagedown"),
        Binding("home", "move(-1000000000)", show=False, id="lines.first"),
        Binding("end", "move(1000000000)", show=False, id="lines.last"),
    ]
    COMPONENT_CLASSES: ClassVar = {"lines--cursor", "lines--heading"}

    class Moved(Message):
        """Another row is highlighted."""

    class Chosen(Message):
        """A row was clicked on twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()
        self.place = 0
        self._drawn: list[str] = []

    @property
    def row(self) -> Row | None:
        """The highlighted row."""
        return self.rows[self.place] if self.place < len(self.rows) else None

    def name_of(self, row: Row) -> str:
        """By what a row is known again when others are shown."""
        raise NotImplementedError

    def heading(self) -> str:
        """The line above the rows."""
        raise NotImplementedError

    def line(self, row: Row) -> str:
        """A row as text; it has to be harmless."""
        raise NotImplementedError

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Shows other rows, the same one highlighted; only lines that differ are drawn anew."""
        old = self.name_of(self.row) if self.row is not None else ""
        self.rows = rows
        places = {self.name_of(row): place for place, row in enumerate(rows)}
        self.place = places.get(old, min(self.place, max(len(rows) - 1, 0)))
        self.virtual_size = Size(self.size.width, len(rows) + 1)
        self._refresh_changed()
        self.post_message(self.Moved())

    def _refresh_changed(self) -> None:
        old, self._drawn = self._drawn, [self._text(y) for y in range(self.size.height)]
        for y, text in enumerate(self._drawn):
            if y >= len(old) or old[y] != text:
                self.refresh(Region(0, y, self.size.width, 1))

    def _text(self, y: int) -> str:
        """A line of the screen: the heading, or the row that is there by now."""
        if y == 0:
            return self.heading()
        place = y - 1 + self.scroll_offset.y
        return self.line(self.rows[place]) if place < len(self.rows) else ""

    def render_line(self, y: int) -> Strip:
        """The heading stays on top; the highlighted row has the cursor's colours."""
        strip = Strip([Segment(self._text(y))]).adjust_cell_length(self.size.width)
        return strip.apply_style(self._line_style(y))

    def _line_style(self, y: int) -> Style:
        if y == 0:
            return self.get_component_rich_style("lines--heading")
        if y - 1 + self.scroll_offset.y == self.place and self.rows:
            return self.get_component_rich_style("lines--cursor")
        return self.rich_style

    def action_move(self, by: int) -> None:
        """Moves the highlight."""
        self.go(self.place + by)

    def action_page(self, by: int) -> None:
        """Moves the highlight by a screenful."""
        self.go(self.place + by * max(self.size.height - 2, 1))

    def go(self, place: int) -> None:
        """Highlights the row at a place, or the nearest there is."""
        old, self.place = self.place, max(min(place, len(self.rows) - 1), 0)
        top, height = self.scroll_offset.y, max(self.size.height - 1, 1)
        self.scroll_to(y=min(max(top, self.place - height + 1), self.place), animate=False)
        for changed in (old, self.place):
            self.refresh(Region(0, changed + 1 - self.scroll_offset.y, self.size.width, 1))
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """A click highlights, a second one opens."""
        if event.y >= 1:
            self.go(event.y - 1 + self.scroll_offset.y)
            if event.chain == 2:
                self.post_message(self.Chosen())
