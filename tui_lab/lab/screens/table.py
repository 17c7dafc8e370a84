"""A look at the data: the first rows, the classes and how many rows each split gets."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Dataset
from tui_lab.lab.widgets.rows import cut

ROWS_SHOWN, CELL_WIDTH = 100, 24
SPLITS = ("train", "validation", "test")


class LookAtData(ModalScreen[None]):
    """The table as it is in the file, before scaling."""

    BINDINGS: ClassVar = [
        Binding("escape,q,v", "dismiss(None)", "Close", id="table.close"),
        Binding("j", "scroll('down')", show=False, id="table.down"),
        Binding("k", "scroll('up')", show=False, id="table.up"),
        Binding("h", "scroll('left')", show=False, id="table.left"),
        Binding("l", "scroll('right')", show=False, id="table.right"),
    ]

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.dataset = dataset

    def compose(self) -> ComposeResult:
        """What is known, above the rows."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Data"
            dialog.border_subtitle = "arrows or hjkl move · Esc closes"
            yield Static("reading …", markup=False)
            yield DataTable[Text](cursor_type="row", zebra_stripes=True)

    def on_mount(self) -> None:
        """The rows are read beside the screen."""
        self._read()

    def action_scroll(self, where: str) -> None:
        """Moves through the rows and columns."""
        getattr(self.query_one(DataTable), f"action_cursor_{where}")()

    @work(thread=True, exclusive=True, group="rows")
    def _read(self) -> None:
        from tui_lab.data.prepare import split
        from tui_lab.data.table import load

        try:
            table = load(self.dataset)
            parts = zip(SPLITS, split(table, self.dataset), strict=True)
        except BadInput as error:
            self.app.call_from_thread(self.query_one(Static).update, Content(str(error)))
            return
        facts, first = table.facts, table.features.head(ROWS_SHOWN)
        target = [facts.classes[int(y)] if facts.classes else f"{y:g}" for y in table.y]
        heading = [facts.target, *map(str, first.columns)]
        rows = [[y, *map(str, row)] for y, row in zip(target, first.values.tolist(), strict=False)]
        counts = {name: target.count(name) for name in facts.classes}
        told = [f"{facts.rows:,} rows, {len(first.columns)} columns, target {facts.target}"]
        told += [" · ".join(f"{name} {len(rows):,}" for name, rows in parts)]
        told += [facts.why] if facts.why else []
        if counts:
            told.append("classes: " + ", ".join(f"{name} {n:,}" for name, n in counts.items()))
        self.app.call_from_thread(self._show, told, heading, rows)

    def _show(self, told: list[str], heading: list[str], rows: list[list[str]]) -> None:
        self.query_one(Static).update(Content("\n".join(visible(line, 500) for line in told)))
        table = self.query_one(DataTable)
        table.add_columns(*(_cell(name) for name in heading))
        for row in rows:
            table.add_row(*map(_cell, row))
        table.focus()


def _cell(text: str) -> Text:
    return Text(cut(visible(text), CELL_WIDTH))
