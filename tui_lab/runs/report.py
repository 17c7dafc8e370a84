"""A run's results as plain text."""

from typing import Any

from tui_lab.errors import visible
from tui_lab.runs.run import Run

SPLITS = ("train", "validation", "test")
WITHOUT_NETWORK = {"accuracy": "majority baseline", "rmse": "mean baseline (RMSE)"}


def report(run: Run) -> str:
    """State, table and how to read it; lines of plain text."""
    status, summary = run.status(), run.summary()
    lines = [f"{run.id}: {status['state']} after {status.get('epoch', 0)} epochs"]
    lines += [visible(str(why)) for why in [status.get("why")] if why]
    if status["state"] in ("lost", "failed") and (log := run.log_end()):
        lines += [visible(line) for line in log.splitlines()]
    if "test" in summary:
        parameters = summary["parameters"]
        lines[0] += (
            f" in {summary['seconds']:.1f} s, {parameters['total']:,} parameters "
            f"({parameters['trainable']:,} trainable), weights of epoch {summary['best_epoch']}"
        )
        lines += ["", aligned(table(summary)), ""]
        lines += [f"averaging is {summary['averaging']}"] if summary["averaging"] else []
    return "\n".join(lines)


def table(summary: dict[str, Any]) -> list[list[str]]:
    """The three tables beside each other: a heading row, then a row a metric."""
    metrics = list(summary["test"])
    baseline = next((text for name, text in WITHOUT_NETWORK.items() if name in metrics), "baseline")
    rows = [
        [baseline if m == "baseline" else m, *(number(summary[s][m]) for s in SPLITS)]
        for m in metrics
    ]
    return [["", *SPLITS], *rows]


def number(value: float | None) -> str:
    """Four digits after the point, fewer for large numbers; `–` if there is none."""
    if value is None:
        return "–"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def aligned(rows: list[list[str]]) -> str:
    """Rows of text in columns: numbers to the right, words to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    right = [all(_is_number(row[i]) for row in rows[1:]) for i in range(len(widths))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    )


def _is_number(text: str) -> bool:
    return text == "–" or text.replace(",", "").replace(".", "").lstrip("-").isdigit()
