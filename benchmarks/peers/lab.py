"""tui-lab's own trainer with all that it does: validation, events, checkpoints, tables."""

import contextlib
import json
import tempfile
from pathlib import Path

from benchmarks.tasks import Quality, Task
from tui_lab.experiment.presets import load_preset, save_preset
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training.trainer import Trainer


def train(task: Task, epochs: int, engine: str = "auto") -> Quality:
    changes = (f"training.epochs={epochs}", f"training.engine={engine}")
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        save_preset(load_preset(str(task.preset), changes), run.file("experiment.yaml"))
        with contextlib.closing(Record(run)) as record:
            Trainer(run, record).train()
        lines = run.file("events.jsonl").read_bytes().splitlines()
    last = next(line for line in reversed(lines) if b'"epoch"' in line[:30])
    return json.loads(last)["validation"]
