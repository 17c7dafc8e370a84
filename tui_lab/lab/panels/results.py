"""The curves and the final table of the run that is shown."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_lab.errors import visible
from tui_lab.lab.curves import Curves
from tui_lab.lab.widgets.chart import Chart, Series
from tui_lab.runs.report import aligned, table
from tui_lab.runs.run import Run


class CurvesPanel(Vertical):
    """The loss above, accuracy or RMSE below where there is room."""

    def __init__(self) -> None:
        super().__init__(id="curves", classes="panel")
        self.border_title = "Curves"

    def compose(self) -> ComposeResult:
        """Two charts."""
        yield Chart(id="loss")
        yield Chart(id="metric")

    def show(self, curves: Curves) -> None:
        """Draws what is there."""
        raw = Series("batch", "b", "bright_black", curves.batch_epochs, curves.batch_losses, True)
        found = [raw] if curves.batch_losses else []
        self.query_one("#loss", Chart).show([*found, *_both(curves, "loss")], "epoch", "loss")
        metric = curves.metric
        self.query_one("#metric", Chart).show(_both(curves, metric), "epoch", metric)


def _both(curves: Curves, name: str) -> list[Series]:
    colors = {"train": "yellow", "validation": "cyan"}
    return [
        Series(split, split[0], color, list(curves.epochs), list(curves.values[f"{split} {name}"]))
        for split, color in colors.items()
        if f"{split} {name}" in curves.values
    ]


class ResultsPanel(VerticalScroll, can_focus=True):
    """The table of the shown run, and what can be done with it."""

    BINDINGS: ClassVar = [Binding("x", "export", "Export weights", id="results.export")]

    class Export(Message):
        """The weights are wanted as a file."""

    def __init__(self) -> None:
        super().__init__(id="results", classes="panel")
        self.border_title = "Results"

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(Content("no results yet: press t to train"))

    def show(self, run: Run) -> None:
        """Shows the tables of an ended run, or why there are none."""
        status, summary = run.status(), run.summary()
        parts: list[Content | tuple[str, str]] = [
            (f"{visible(run.id)}: {status['state']}\n", "bold")
        ]
        if status.get("why"):
            parts.append(Content(visible(str(status["why"])) + "\n"))
        if "test" in summary:
            parts.append(Content("\n" + aligned(table(summary)) + "\n\n"))
            parts.append(
                Content(f"weights of epoch {summary['best_epoch']}, {summary['seconds']:.1f} s")
            )
            if summary.get("averaging"):
                parts.append(Content(f"\naveraging is {summary['averaging']}"))
            parts.append(("\nx exports the weights", "$text-muted"))
        elif status["state"] in ("lost", "failed"):
            parts.append(Content("\n".join(map(visible, run.log_end(8).splitlines()))))
        self.query_one(Static).update(Content.assemble(*parts))

    def action_export(self) -> None:
        """Asks for the weights as a file."""
        self.post_message(self.Export())
