"""The columns of a table, each with its kind, range, shape and what it tells of the target."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_lab.errors import visible
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.entering import why_not
from tui_lab.lab.widgets.line_list import LineList
from tui_lab.lab.widgets.rows import cut

if TYPE_CHECKING:
    from tui_lab.data.profile import ColumnProfile

STEPS = " ▁▂▃▄▅▆▇█"
OTHERS = 60
"""The width of everything but the name."""


class ColumnList(LineList["ColumnProfile"]):
    """Columns to move through: → is the target, ✓ enters, ✗ does not."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.dataset: Dataset = Dataset()
        self.target = ""
        self.is_fresh = True
        """Whether the relations are those to the present target."""

    def show(
        self, columns: Sequence["ColumnProfile"], dataset: Dataset, target: str, is_fresh: bool
    ) -> None:
        """Shows the columns as the dataset takes them."""
        self.dataset, self.target, self.is_fresh = dataset, target, is_fresh
        self.show_rows(columns)

    def on_resize(self) -> None:
        """More or less room for the names."""
        self.show_rows(self.rows)

    def name_of(self, row: "ColumnProfile") -> str:
        """The column's name."""
        return row.name

    @property
    def _width(self) -> int:
        return max(12, min(self.size.width - OTHERS, 40))

    def heading(self) -> str:
        """The titles."""
        return (
            f"  {'column':{self._width}} {'kind':10} {'missing':>7}  {'range':16} {'shape':12} "
            "tells"
        )

    def line(self, row: "ColumnProfile") -> str:
        """A column."""
        name = cut(visible(row.name, 200), self._width)
        missing = f"{row.missing:,}" if row.missing else "–"
        return (
            f"{self._mark(row)} {name:{self._width}} {row.kind:10} {missing:>7}  "
            f"{cut(_range(row), 16):16} {bars(row.bins):12} {self._relation(row)}"
        )

    def _mark(self, row: "ColumnProfile") -> str:
        if row.name == self.target:
            return "→"
        return "✗" if why_not(self.dataset, row.name, row.kind) else "✓"

    def _relation(self, row: "ColumnProfile") -> str:
        if row.name == self.target:
            return "target"
        if not self.is_fresh:
            return "…"
        if row.relation is None:
            return "–"
        bar = "⚠" if row.is_telling else bars((row.relation.value,), most=1.0)
        return f"{row.relation.value:.2f} {bar}"


def _range(row: "ColumnProfile") -> str:
    if row.least is None or row.most is None:
        return f"{row.different:,} word{'s' if row.different != 1 else ''}"
    return f"{_short(row.least)} … {_short(row.most)}"


def _short(value: float) -> str:
    """With commas from five digits on: a year has none."""
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e6 else f"{value:.4g}"


def bars(values: Sequence[float], most: float = 0.0) -> str:
    """A column of up to a line's height for each value, from 0 to `most` or else the largest."""
    top = most or max(values, default=0) or 1
    last = len(STEPS) - 1
    return "".join(STEPS[max(min(round(v / top * last), last), 1) if v > 0 else 0] for v in values)
