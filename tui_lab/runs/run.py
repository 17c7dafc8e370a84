"""A run directory: creating, listing and reading it."""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import psutil

from tui_lab.errors import BadInput, nearest
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import save_preset, write_file
from tui_lab.experiment.yaml_file import parse, read_text, validated

ENDED = ("finished", "stopped", "diverged", "failed", "lost")
Status = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One training: its folder and what lies in it."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    def file(self, name: str) -> Path:
        """A file of the run."""
        return self.folder / name

    @property
    def experiment(self) -> Experiment:
        """What was asked for, with all defaults filled in."""
        path = self.file("experiment.yaml")
        data, places = parse(read_text(path), path)
        experiment: Experiment = validated(Experiment, data, places, path)
        return experiment

    def status(self) -> Status:
        """The state and progress; `lost` if it should be running but its process is gone."""
        status = _read_json(self.file("status.json"))
        status.setdefault("state", "queued")
        if status["state"] not in ENDED and not _alive(status) and not _starting(self, status):
            status["state"] = "lost"
        return status

    def summary(self) -> dict[str, Any]:
        """The final tables, empty while there are none."""
        return _read_json(self.file("summary.json"))

    def events(self) -> Iterator[dict[str, Any]]:
        """All whole events so far."""
        yield from Tail(self).new()

    def ask(self, **request: object) -> None:
        """Appends a request (pause, resume, stop) that the trainer reads between batches."""
        with self.file("control.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(request) + "\n")

    def log_end(self, lines: int = 3) -> str:
        """The last lines that the trainer printed."""
        try:
            text = self.file("trainer.log").read_text("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-lines:])

    def result(self) -> dict[str, Any]:
        """What `--json` prints: run, state, epochs, parameters, seconds and the tables."""
        status = self.status()
        result = {"run": self.id, "state": status["state"], "epochs": status.get("epoch", 0)}
        return result | self.summary()


class Tail:
    """Reads the events that have come since the last look; a torn last line is "not yet"."""

    def __init__(self, run: Run) -> None:
        self._path, self._offset = run.file("events.jsonl"), 0

    def new(self, limit: int = 10_000) -> list[dict[str, Any]]:
        """At most `limit` new events."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                lines = file.readlines(limit * 200)
        except FileNotFoundError:
            return []
        whole = [line for line in lines[:limit] if line.endswith(b"\n")]
        self._offset += sum(map(len, whole))
        return [json.loads(line) for line in whole]


def home() -> Path:
    """Where runs live: `$TUI_LAB_HOME` or the platform's data directory."""
    return Path(os.environ.get("TUI_LAB_HOME") or platformdirs.user_data_path("tui-lab"))


def create_run(experiment: Experiment, name: str = "") -> Run:
    """A new run directory; `BadInput` if it can't be written."""
    base = re.sub(r"[^a-z0-9]+", "-", (name or experiment.title or "run").lower()).strip("-")[:40]
    runs = home() / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        folder = _new_folder(runs, base or "run")
    except OSError as error:
        raise BadInput(f'can\'t write to "{runs}": {error.strerror}') from None
    run = Run(folder)
    save_preset(experiment, run.file("experiment.yaml"))
    status = {"state": "queued", "name": name or experiment.title, "started": round(time.time(), 3)}
    write_file(run.file("status.json"), json.dumps(status).encode())
    return run


def _new_folder(runs: Path, base: str) -> Path:
    number = 1 + max((_number(path.name, base) for path in runs.iterdir()), default=0)
    while True:
        folder = runs / f"{base}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _number(name: str, base: str) -> int:
    match = re.fullmatch(re.escape(base) + r"-(\d{1,9})", name)
    return int(match[1]) if match else 0


def all_runs() -> list[Run]:
    """Every run, the newest first."""
    try:
        folders = [path for path in (home() / "runs").iterdir() if (path / "status.json").is_file()]
    except OSError:
        return []
    return [Run(path) for path in sorted(folders, key=lambda path: -_created(path))]


def _created(path: Path) -> float:
    return float(_read_json(path / "status.json").get("started", 0))


def find_run(name: str) -> Run:
    """The run with this id, or `last` for the newest; `BadInput` otherwise."""
    runs = all_runs()
    if name == "last" and runs:
        return runs[0]
    found = [run for run in runs if run.id == name]
    if not found:
        raise BadInput(f'there is no run "{name}"{nearest(name, [run.id for run in runs])}')
    return found[0]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _alive(status: Status) -> bool:
    try:
        process = psutil.Process(status["pid"])
        return (
            abs(process.create_time() - status["process_started"]) < 1
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, KeyError, TypeError):
        return False


def _starting(run: Run, status: Status) -> bool:
    """A queued run without a process may still be starting; a minute is more than it takes."""
    age = time.time() - float(status.get("started", 0))
    return status["state"] == "queued" and "pid" not in status and age < 60
