"""The list of runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tui_lab.errors import visible
from tui_lab.lab.widgets.line_list import LineList
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


class RunList(LineList[Row]):
    """Runs to move through; the marked ones bear the letters that they have when compared."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, str] = {}
        self._columns: list[Column] = []
        self._key = ""

    def show(self, rows: Sequence[Row], letters: dict[str, str], key: str) -> None:
        """Shows other rows, the same run highlighted."""
        self.letters, self._key = letters, key
        self._columns = columns(self.size.width, key)
        self.show_rows(rows)

    def on_resize(self) -> None:
        """More or fewer columns."""
        self.show(self.rows, self.letters, self._key)

    def name_of(self, row: Row) -> str:
        """A run's id."""
        return row.id

    def heading(self) -> str:
        """The columns' titles."""
        return "  " + "".join(column.cell(column.title) for column in self._columns)

    def line(self, row: Row) -> str:
        """The run as it is by now."""
        cells = (column.cell(visible(column.text(row), 100)) for column in self._columns)
        return f"{self.letters.get(row.id, ' ')} {''.join(cells)}"
