"""Reading status.json: nothing in it is believed that can't be, and whether its process lives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from tui_lab.files import open_file

if TYPE_CHECKING:
    import psutil

Status = dict[str, Any]
STATES = ("queued", "running", "paused", "finished", "stopped", "diverged", "failed", "lost")
_WORDS = ("name", "why", "device", "why_engine", "refused", "dataset", "weights_from")
_TIMES = ("started", "heartbeat", "process_started")
_NUMBERS = (
    *_TIMES,
    "pid",
    "epoch",
    "epochs",
    "batch",
    "batches",
    "seconds",
    "steps_per_second",
    "resumed",
    "tested",
    "trials",
    "done",
    "workers",
)
_TEXTS = ("changes", "notes")
LIMIT_BYTES = 2**18
_LATEST = 2**37
"""Seconds since 1970 in the year 6325: later is no time, and no date can show it."""


def read_status(path: Path) -> Status:
    """What status.json says, without the values that make no sense; `queued` if there is none."""
    found = {key: value for key, value in read_json(path).items() if _fits(key, value)}
    return {"state": "queued"} | found


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object in a file, empty if there is none or it is larger than any that is written."""
    try:
        with open_file(path) as file:
            value = json.loads(file.read(LIMIT_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _fits(key: str, value: object) -> bool:
    if key == "state":
        return value in STATES
    if key in _WORDS:
        return isinstance(value, str)
    if key in _NUMBERS:
        top = _LATEST if key in _TIMES else 2**53
        return isinstance(value, (int, float)) and 0 <= value < top
    if key in _TEXTS:
        return is_texts(value)
    if key == "again":
        return isinstance(value, list) and all(map(is_change, value))
    if key == "parent":
        return isinstance(value, dict) and {*map(type, map(value.get, ("run", "step")))} == {
            str,
            int,
        }
    return True


def is_texts(value: object) -> TypeGuard[list[str]]:
    """Whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def is_change(event: object) -> bool:
    """Whether an event says which settings were changed, and when."""
    if not isinstance(event, dict) or event.get("event") != "changed":
        return False
    place = (event.get("epoch"), event.get("step"))
    return is_texts(event.get("changes")) and all(isinstance(number, int) for number in place)


def started(process: psutil.Process) -> float:
    """Seconds from boot to the start of a process; unlike the time of day they never move."""
    import psutil  # here, because the lab's first frame doesn't wait for it

    return process.create_time() - psutil.boot_time()


def alive(status: Status) -> bool:
    """Whether the trainer that wrote this still is there; a reused pid started at another time."""
    import psutil

    try:
        process = psutil.Process(int(status["pid"]))
        same = abs(started(process) - status["process_started"]) < 1.5
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, ValueError):
        return False
