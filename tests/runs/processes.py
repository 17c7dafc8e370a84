"""Runs to try things on, and waiting for what their trainers do."""

import json
import time
from collections.abc import Callable

import psutil
from safetensors.numpy import load_file

from tui_lab.experiment.presets import load_preset
from tui_lab.runs.report import report
from tui_lab.runs.run import ENDED, Run, create_run


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Returns as soon as the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def new_run(preset: str = "iris", **training: object) -> Run:
    changes = tuple(f"training.{key}={value}" for key, value in training.items())
    return create_run(load_preset(preset, changes), preset)


def state(run: Run) -> str:
    return str(run.status()["state"])


def has_ended(run: Run) -> bool:
    return state(run) in ENDED


def kinds(run: Run) -> list[str]:
    return [event["event"] for event in run.events()]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_whole(run: Run) -> None:
    """Fails unless every file can be read; a torn last line of events is "not yet"."""
    assert json.loads(run.file("status.json").read_text())["name"] == "iris"
    for line in run.file("events.jsonl").read_bytes().split(b"\n")[:-1]:
        assert json.loads(line)["event"]
    if run.file("weights.safetensors").exists():
        assert load_file(run.file("weights.safetensors"))
    if run.file("summary.json").exists():
        assert json.loads(run.file("summary.json").read_text()) == run.summary() != {}
    assert report(run).startswith(run.id)
