"""What a run directory tells after training."""

import contextlib
import json
from typing import Any

from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training.trainer import Trainer


def train_run(run: Run) -> None:
    """Trains by the real trainer, in this process."""
    with contextlib.closing(Record(run)) as record:
        Trainer(run, record).train()


def state(run: Run) -> str:
    return json.loads(run.file("status.json").read_text())["state"]


def why(run: Run) -> str:
    return json.loads(run.file("status.json").read_text())["why"]


def events(run: Run, kind: str) -> list[dict[str, Any]]:
    lines = run.file("events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]
