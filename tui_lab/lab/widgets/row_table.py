"""The first rows of a table as they stand in the file."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable

from tui_lab.errors import visible
from tui_lab.lab.widgets.rows import cut

CELL_WIDTH = 24


class RowTable(DataTable[Text]):
    """Rows and columns that are moved through by arrows or hjkl."""

    BINDINGS: ClassVar = [
        Binding("j", "cursor_down", show=False, id="table.down"),
        Binding("k", "cursor_up", show=False, id="table.up"),
        Binding("h", "scroll_left", show=False, id="table.left"),
        Binding("l", "scroll_right", show=False, id="table.right"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True, fixed_columns=1)

    def show(self, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Shows these rows; the first cell of each stays while the others scroll."""
        self.clear(columns=True)
        self.add_columns(*map(_cell, heading))
        self.add_rows([_cell(text) for text in row] for row in rows)


def _cell(text: str) -> Text:
    return Text(cut(visible(text, 200), CELL_WIDTH))
