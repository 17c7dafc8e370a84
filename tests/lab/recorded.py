"""A run directory as a trainer would have left it, with the same numbers every time."""

import json
import math

from tui_lab.experiment.presets import load_preset
from tui_lab.runs.run import Run, create_run

EPOCHS, BATCHES = 40, 40
SPLITS = ("train", "validation", "test")


def recorded_run() -> Run:
    """A finished training of the preset digits."""
    run = create_run(load_preset("digits"), "digits")
    lines = [*_started(), *(event for epoch in range(1, EPOCHS + 1) for event in _epoch(epoch))]
    run.file("events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run.file("summary.json").write_text(json.dumps(summary()))
    run.file("status.json").write_text(json.dumps(STATUS | {"state": "finished"}))
    run.file("weights.safetensors").write_bytes(b"")
    return run


STATUS = {
    "name": "digits", "started": 0, "epoch": EPOCHS, "epochs": EPOCHS, "batch": 0,
    "batches": BATCHES, "seconds": 1.5, "steps_per_second": 2345.6, "device": "cpu",
    "memory": 400 * 2**20,
}  # fmt: skip


def _started():
    yield {
        "event": "started", "device": "cpu", "why_device": "cpu, the only device here",
        "threads": 1, "parameters": {"total": 6570, "trainable": 6570},
        "rows": {"train": 1257, "validation": 270, "test": 270},
        "epochs": EPOCHS, "batches": BATCHES,
    }  # fmt: skip


def _epoch(epoch: int):
    for batch in range(0, BATCHES, 4):
        step = (epoch - 1) * BATCHES + batch + 1
        loss = 2.3 * math.exp(-step / 90) * (1 + 0.4 * math.sin(step * step))
        yield {"event": "batch", "step": step, "loss": loss}
    train, validation = 2.3 * math.exp(-epoch / 3), 0.12 + 2 * math.exp(-epoch / 3) + epoch / 500
    yield {
        "event": "epoch", "epoch": epoch, "lr": 0.05,
        "train": {"loss": train, "accuracy": 1 - train / 3},
        "validation": {"loss": validation, "accuracy": 1 - validation / 3},
    }  # fmt: skip


def summary(accuracy: float = 0.9852) -> dict:
    table = {
        "loss": 0.0374, "accuracy": accuracy, "precision": 0.986, "recall": 0.985, "f1": 0.9851,
        "baseline": 0.1,
    }  # fmt: skip
    return {
        "parameters": {"total": 6570, "trainable": 6570}, "seconds": 1.5, "device": "cpu",
        "why_device": "cpu, the only device here", "best_epoch": 13, "why": "",
        "averaging": "macro: the mean over the classes",
        **dict.fromkeys(SPLITS, table),
    }  # fmt: skip
