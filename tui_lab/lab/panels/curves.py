"""The curves of the run that is shown."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui_lab.lab.widgets.chart import Chart, Series
from tui_lab.runs.curves import Curves


class CurvesPanel(Vertical):
    """The loss above, accuracy or RMSE below where there is room."""

    BINDINGS: ClassVar = [
        Binding("g", "switch('log_scale')", "Log", tooltip="Logarithmic scale", id="curves.log"),
        Binding("m", "switch('smooth')", "Smooth", tooltip="Smooth the curves", id="curves.smooth"),
        Binding("z", "switch('tail')", "Zoom to the end", show=False, id="curves.zoom"),
        Binding("p", "switch('plain')", "Plain points", show=False, id="curves.plain"),
        Binding("v", "other", "Loss or metric", show=False, id="curves.other"),
    ]

    def __init__(self) -> None:
        super().__init__(id="curves", classes="panel")
        self.border_title = "Curves"

    def compose(self) -> ComposeResult:
        """Two charts."""
        yield Chart("epoch", id="loss")
        yield Chart("epoch", id="metric")

    def show(self, curves: Curves) -> None:
        """Draws what is there."""
        batches = Series("batch", curves.batch.x, curves.batch.y, faint=True)
        loss, metric = _both(curves, "loss"), _both(curves, curves.metric)
        self.query_one("#loss", Chart).show([*loss, batches], "loss", curves.changes)
        self.query_one("#metric", Chart).show(metric, curves.metric, curves.changes)

    def action_switch(self, name: str) -> None:
        """Switches one of log scale, smoothing, zoom, plain points, in both charts."""
        for chart in self.query(Chart):
            chart.switch(name)

    def action_other(self) -> None:
        """Shows the other chart where there is room for only one."""
        self.toggle_class("-metric")
        chart = self.query_one("#metric" if self.has_class("-metric") else "#loss", Chart)
        self.call_after_refresh(chart.focus)


def _both(curves: Curves, name: str) -> list[Series]:
    found = {split: curves.values.get(f"{split} {name}") for split in ("train", "validation")}
    return [Series(split, kept.x, kept.y) for split, kept in found.items() if kept]
