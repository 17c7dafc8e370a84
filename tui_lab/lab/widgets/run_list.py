"""The list of runs: however many there are, only those on the screen are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_lab.errors import visible
from tui_lab.lab.widgets.rows import cut
from tui_lab.runs.listing import Row
from tui_lab.runs.report import number

SHORT = {"accuracy": "acc"}
ICONS = {"queued": "…", "running": "▶", "paused": "‖", "finished": "✓", "stopped": "■"}
TAGS_AT_LEAST = 7


@dataclass(frozen=True)
class Column:
    """A heading, a width, and what of a run stands there."""

    title: str
    width: int
    text: Callable[[Row], str]

    def cell(self, text: str) -> str:
        """The text in the column's width."""
        return f"{cut(text, self.width):{self.width}} "


def columns(width: int, key: str) -> list[Column]:
    """What fits into a width; the metric that is sorted by, or else the main one, is shown."""
    wide = width >= 100
    ids = 24 if wide else 16
    found = [
        Column("run", ids, lambda row: _shortened(row.id, ids)),
        Column("name", 20 if wide else 12, lambda row: row.name),
        Column("state", 10, lambda row: f"{ICONS.get(row.state, '✗')} {row.state}"),
        Column("epochs", 6, _epochs),
        Column("test result", 12, lambda row: _metric(row, row.main_metric)),
        Column("started", 11, _started),
    ]
    if "." in key:
        title = cut(visible(key).replace("validation", "valid."), found[4].width)
        found[4] = replace(found[4], title=title, text=lambda row: _metric(row, key))
    tags = max(width - 2 - sum(column.width + 1 for column in found), TAGS_AT_LEAST)
    return [*found, Column("tags", tags, lambda row: " ".join(row.about.tags))]


def _shortened(id: str, width: int) -> str:
    """An id that is too long is cut in the middle, so that its number stays."""
    end = width // 2
    return id if len(id) <= width else f"{cut(id, width - end)}{id[-end:]}"


def _epochs(row: Row) -> str:
    return f"{row.status.get('epoch', 0)}"


def _started(row: Row) -> str:
    return datetime.fromtimestamp(row.status.get("started", 0)).strftime("%m-%d %H:%M")


def _metric(row: Row, key: str) -> str:
    value = row.metric(key)
    name = key.partition(".")[2]
    return "–" if value is None else f"{SHORT.get(name, name)} {number(value)}"


class RunList(ScrollView, can_focus=True):
    """Runs to move through; the marked ones bear the letters that they have when compared."""

    BINDINGS: ClassVar = [
        Binding("up,k", "move(-1)", show=False, id="runlist.up"),
        Binding("down,j", "move(1)", show=False, id="runlist.down"),
        Binding("pageup", "page(-1)", show=False, id="runlist.pageup"),
        Binding("pagedown", "page(1)", show=False, id="runlist.pagedown"),
        Binding("home", "move(-1000000000)", show=False, id="runlist.first"),
        Binding("end", "move(1000000000)", show=False, id="runlist.last"),
    ]
    COMPONENT_CLASSES: ClassVar = {"runlist--cursor", "runlist--heading"}

    class Moved(Message):
        """Another run is highlighted."""

    class Chosen(Message):
        """A run was clicked on twice."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[Row] = ()
        self.letters: dict[str, str] = {}
        self.place = 0
        self._columns: list[Column] = []
        self._key = ""
        self._drawn: list[str] = []

    @property
    def row(self) -> Row | None:
        """The highlighted run."""
        return self.rows[self.place] if self.place < len(self.rows) else None

    def show(self, rows: Sequence[Row], letters: dict[str, str], key: str) -> None:
        """Shows other rows, the same run highlighted; only lines that differ are drawn anew."""
        old = self.row.id if self.row else ""
        self.rows, self.letters, self._key = rows, letters, key
        places = {row.id: place for place, row in enumerate(rows)}
        self.place = places.get(old, min(self.place, max(len(rows) - 1, 0)))
        self._columns = columns(self.size.width, key)
        self.virtual_size = Size(self.size.width, len(rows) + 1)
        self._refresh_changed()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """More or fewer columns."""
        self.show(self.rows, self.letters, self._key)

    def _refresh_changed(self) -> None:
        old, self._drawn = self._drawn, [self._text(y) for y in range(self.size.height)]
        for y, text in enumerate(self._drawn):
            if y >= len(old) or old[y] != text:
                self.refresh(Region(0, y, self.size.width, 1))

    def _text(self, y: int) -> str:
        """A line of the screen: the heading, or the run that is there by now."""
        if y == 0:
            return "  " + "".join(column.cell(column.title) for column in self._columns)
        place = y - 1 + self.scroll_offset.y
        if place >= len(self.rows):
            return ""
        row = self.rows[place]
        cells = (column.cell(visible(column.text(row), 100)) for column in self._columns)
        return f"{self.letters.get(row.id, ' ')} {''.join(cells)}"

    def render_line(self, y: int) -> Strip:
        """The heading stays on top; the highlighted run has the cursor's colours."""
        strip = Strip([Segment(self._text(y))]).adjust_cell_length(self.size.width)
        return strip.apply_style(self._line_style(y))

    def _line_style(self, y: int) -> Style:
        if y == 0:
            return self.get_component_rich_style("runlist--heading")
        if y - 1 + self.scroll_offset.y == self.place and self.rows:
            return self.get_component_rich_style("runlist--cursor")
        return self.rich_style

    def action_move(self, by: int) -> None:
        """Moves the highlight."""
        self._go(self.place + by)

    def action_page(self, by: int) -> None:
        """Moves the highlight by a screenful."""
        self._go(self.place + by * max(self.size.height - 2, 1))

    def _go(self, place: int) -> None:
        old, self.place = self.place, max(min(place, len(self.rows) - 1), 0)
        top, height = self.scroll_offset.y, max(self.size.height - 1, 1)
        self.scroll_to(y=min(max(top, self.place - height + 1), self.place), animate=False)
        for changed in (old, self.place):
            self.refresh(Region(0, changed + 1 - self.scroll_offset.y, self.size.width, 1))
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """A click highlights, a second one opens."""
        if event.y >= 1:
            self._go(event.y - 1 + self.scroll_offset.y)
            if event.chain == 2:
                self.post_message(self.Chosen())
