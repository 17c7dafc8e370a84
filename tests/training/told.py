"""What a run directory tells after training."""

import json
from typing import Any

from tui_lab.runs.run import Run


def state(run: Run) -> str:
    return json.loads(run.file("status.json").read_text())["state"]


def why(run: Run) -> str:
    return json.loads(run.file("status.json").read_text())["why"]


def events(run: Run, kind: str) -> list[dict[str, Any]]:
    lines = run.file("events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]
