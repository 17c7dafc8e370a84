"""The final table of the run that is shown."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui_lab.errors import visible
from tui_lab.lab.widgets.rows import Pages
from tui_lab.runs.confusion import confusion_lines
from tui_lab.runs.report import aligned, history, no_better, table, told_weights
from tui_lab.runs.run import Run
from tui_lab.runs.summary import looked_at

LOG_LINES = 8


class ResultsPanel(Pages, can_focus=True):
    """The tables of an ended run, or why there are none."""

    def __init__(self) -> None:
        super().__init__(id="results", classes="panel")
        self.border_title = "Results"

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static()

    def show(self, run: Run) -> None:
        """Shows how a run ended."""
        status, summary = run.status(), run.summary()
        self.border_title = f"Results · {visible(run.id)}"
        parts: list[Content | tuple[str, str]] = []
        if why := status.get("why"):
            parts.append((visible(str(why)) + "\n", "$text-warning"))
        if "test" in summary:
            rows = table(summary)
            rows[-1][0] = "baseline"
            parts += [Content(aligned(rows) + "\n")]
            parts += [(f"{line}\n", "$text-warning") for line in no_better(summary)]
            parts += [(_read(summary), "$foreground-muted")]
        elif status["state"] in ("lost", "failed"):
            log = [line for line in run.log_end(LOG_LINES).splitlines() if line != why]
            log = [*log, "R goes on from the last checkpoint"]
            parts.append(Content("\n".join(map(visible, log))))
        lines = "".join(f"\n{visible(line)}" for line in history(status))
        self.query_one(Static).update(Content.assemble(*parts, (lines, "$foreground-muted")))


def _read(summary: dict) -> str:  # type: ignore[type-arg]
    """How to read the table."""
    epoch = summary["best_epoch"]
    lines = [f"weights of epoch {epoch}, best on validation"] if epoch else []
    if "accuracy" in summary["test"]:
        lines.append("baseline: always the largest class")
    else:
        lines.append("baseline: the RMSE of always the mean")
    if why := summary.get("why_device"):
        lines.append(f"device: {visible(str(why))}")
    if why := summary.get("why_engine"):
        lines.append(f"engine: {visible(str(why))}")
    lines += map(visible, told_weights(summary))
    lines += [f"averaging: {summary['averaging']}"] if summary.get("averaging") else []
    return "\n".join([*lines, *looked_at(summary), *confusion_lines(summary)])
