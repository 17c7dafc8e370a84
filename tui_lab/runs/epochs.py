"""A run's curves as a table: one row an epoch."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput, Failure
from tui_lab.files import write_file
from tui_lab.runs.csv_text import csv_text
from tui_lab.runs.run import Run

Row = dict[str, float]
SPLITS = ("train", "validation")


def curves(run: Run) -> list[Row]:
    """`epoch`, `lr`, `train_loss`, `validation_loss`, then the metric; `BadInput` if none are."""
    found = list(_rows(run))
    if not found:
        raise BadInput(f"{run.id} has no curves: no epoch has ended yet")
    return found


def _rows(run: Run) -> Iterator[Row]:
    for event in run.events():
        if event["event"] == "epoch":
            row = _row(event)
            if not all(isinstance(value, int | float) for value in row.values()):
                raise BadInput("holds an epoch that has no numbers", run.file("events.jsonl"))
            yield row


def _row(event: dict[str, Any]) -> dict[str, Any]:
    row = {"epoch": event.get("epoch"), "lr": event.get("lr")}
    tables = {s: event[s] if isinstance(event.get(s), dict) else {"loss": None} for s in SPLITS}
    metrics = dict.fromkeys(name for table in tables.values() for name in table)
    return row | {f"{s}_{name}": tables[s].get(name) for name in metrics for s in SPLITS}


def write_curves(run: Run, path: Path) -> None:
    """Writes the curves as CSV, after reading them back."""
    rows = curves(run)
    names = list(rows[0])
    text = csv_text([names, *([row.get(name, "") for name in names] for row in rows)])
    again = list(csv.reader(io.StringIO(text)))[1:]
    if [list(map(float, line)) for line in again] != [list(map(float, r.values())) for r in rows]:
        raise Failure("the curves read back from the CSV differ from the run's; nothing is written")
    write_file(path, text.encode())
