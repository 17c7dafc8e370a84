"""A run directory: creating, listing and reading it."""

import json
import os
import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json

from tui_lab.errors import BadInput, CannotWrite, nearest
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.mistakes import validated
from tui_lab.experiment.presets import resolved
from tui_lab.experiment.yaml_file import parse, read_text
from tui_lab.files import open_file, write_file
from tui_lab.home import home
from tui_lab.runs.about import About, read_about
from tui_lab.runs.status import Status, alive, read_status
from tui_lab.runs.summary import beats_baseline, read_summary

if TYPE_CHECKING:
    from tui_lab.runs.source import Source

RESULT = ("parameters", "seconds", "train", "validation", "test")
ENDED = ("finished", "stopped", "diverged", "failed", "lost")
KILLED = "it was killed, as asked; what it had saved by then is kept"
VANISHED = "its process is gone without a word: killed, out of memory, or a power cut"
STARTING_SECONDS = 60
"""How long a queued run may be without a process: importing torch can take a while."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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

    @property
    def about(self) -> About:
        """What people wrote about it."""
        return read_about(self.file("about.json"))

    def status(self) -> Status:
        """The state and progress; `lost` if it should be running but its process is gone."""
        status: Status = {}
        for _ in range(2):  # it may begin or end between the looks at its file and its process
            status = read_status(self.file("status.json"))
            if status["state"] in ENDED or alive(status) or _starting(status):
                return status
        return status | {"state": "lost", "why": KILLED if self._kill_asked() else VANISHED}

    def _kill_asked(self) -> bool:
        """Of the trainer that has gone, not of one before."""
        asked = [r["do"] for r in self.requests() if r["do"] in ("kill", "resume")]
        return asked[-1:] == ["kill"]

    def requests(self) -> Iterator[dict[str, Any]]:
        """All that was ever asked of its trainers."""
        tail = Tail(self, "control.jsonl", "do")
        while found := tail.new():
            yield from found

    def summary(self) -> dict[str, Any]:
        """The final tables, empty while there are none."""
        return read_summary(self.file("summary.json"))

    def events(self) -> Iterator[dict[str, Any]]:
        """All whole events so far."""
        tail = Tail(self)
        while found := tail.new():
            yield from found

    def ask(self, **request: object) -> None:
        """Appends a request (pause, step, set, stop, …) that the trainer reads between batches."""
        path = self.file("control.jsonl")
        line = f"\n{json.dumps(request)}\n"  # a torn line before it must not swallow it
        try:
            with open_file(path, "ab") as file:
                file.write(line.encode())
        except OSError as error:
            raise CannotWrite(path, error) from None

    def log_end(self, lines: int = 3) -> str:
        """The last lines that the trainer printed, without the first, which only names it."""
        try:
            with open_file(self.file("trainer.log")) as file:
                first = len(file.readline())
                file.seek(max(first, file.seek(0, os.SEEK_END) - 10_000))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-lines:])

    def result(self) -> dict[str, Any]:
        """What `--json` prints: all of a finished run; what is known, and why, of any other."""
        status = self.status()
        begun = next((e for e in self.events() if e["event"] == "started"), {})
        summary = self.summary()
        known = begun | status | summary
        keys = RESULT if status["state"] == "finished" else (*RESULT, "why")
        result = {"run": self.id, "state": status["state"], "epochs": status.get("epoch", 0)}
        result |= {key: known[key] for key in keys if known.get(key) is not None}
        beats = beats_baseline(summary)
        return result if beats is None else result | {"beats_baseline": beats}


class Tail:
    """Reads the lines that have come since the last look; a torn last line is "not yet".

    A line that is no JSON object with a word at `key` is passed over.
    """

    def __init__(self, run: Run, name: str = "events.jsonl", key: str = "event") -> None:
        self._path, self._key, self._offset = run.file(name), key, 0

    def new(self, limit: int = 10_000) -> list[dict[str, Any]]:
        """At most `limit` new lines."""
        found: list[dict[str, Any]] = []
        while not found and (lines := self._whole_lines(limit)):
            values = [value for value in _values(lines) if isinstance(value, dict)]
            found = [value for value in values if isinstance(value.get(self._key), str)]
        return found

    def _whole_lines(self, limit: int) -> list[bytes]:
        try:
            with open_file(self._path) as file:
                file.seek(self._offset)
                lines = file.readlines(limit * 200)
        except OSError:
            return []
        whole = [line for line in lines[:limit] if line.endswith(b"\n")]
        self._offset += sum(map(len, whole))
        return whole


def _values(lines: list[bytes]) -> list[Any]:
    """What lines of JSON say: all in one go, which is far quicker, unless one of them is none."""
    try:
        values: list[Any] = from_json(b"[" + b",".join(lines) + b"]")
    except ValueError:
        values = []
    return values if len(values) == len(lines) else list(map(_value, lines))


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def trash(place: str = "runs") -> Path:
    """Where deleted runs, or with `sweeps` deleted sweeps, lie until the trash is emptied."""
    return home() / ("trash" if place == "runs" else f"trash-{place}")


def create_run(experiment: Experiment, name: str = "", source: "Source | None" = None) -> Run:
    """A new run directory; `BadInput`, and nothing left behind, if it can't be written.

    Weights that it begins with are copied into it, from `source` or else from what the Experiment
    names now, so that it needs no other run or file; of its data's files it keeps the sha256.
    """
    from tui_lab.runs.source import copied, find_source

    name = (name or experiment.title)[:200]
    if experiment.weights and source is None:
        source = find_source(experiment.weights)
    experiment = experiment.replace(dataset=experiment.dataset.sealed(), sweep=None)
    run = empty_run(name)
    status = {
        "state": "queued",
        "name": name,
        "dataset": experiment.dataset.title,
        "started": round(time.time(), 3),
        **({"weights_from": source.name} if source else {}),
    }
    try:
        if source:
            copied(source, run)
        write_file(run.file("experiment.yaml"), resolved(experiment).encode())
        write_file(run.file("status.json"), json.dumps(status).encode())
    except BadInput:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return run


def empty_run(name: str) -> Run:
    """An empty run directory whose id comes from a name."""
    return Run(new_folder(home() / "runs", name))


def new_folder(folder: Path, name: str) -> Path:
    """A new folder inside of another one; its name comes from a name and a number."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _new_folder(folder, _base(name))
    except OSError as error:
        raise CannotWrite(folder, error) from None


def _base(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "run"


def _new_folder(runs: Path, base: str) -> Path:
    """A folder whose number no run has, nor one in the trash, which may come back."""
    gone = trash(runs.name)
    taken = [*os.listdir(runs), *(os.listdir(gone) if gone.is_dir() else [])]
    number = 1 + max((_number(name, base) for name in taken), default=0)
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


R = TypeVar("R", bound=Run)


def all_runs() -> list[Run]:
    """Every run, the newest first."""
    return newest_first("runs", run_called)


def newest_first(place: str, called: Callable[[str], R | None]) -> list[R]:
    """All that `called` finds by the names in a folder of the lab's home."""
    try:
        names = os.listdir(home() / place)
    except OSError:
        return []
    found = [run for run in map(called, names) if run]
    return sorted(found, key=lambda run: (-_created(run), run.id))


def run_called(name: str) -> Run | None:
    """The run of this id, if it is one and no path, option or anything else in disguise."""
    folder = home() / "runs" / name
    return Run(folder) if is_id(name) and (folder / "status.json").is_file() else None


def is_id(name: str) -> bool:
    """Whether it may be the name of a directory here."""
    return bool(_ID.fullmatch(name))


def _created(run: Run) -> float:
    return float(read_status(run.file("status.json")).get("started", 0))


def find_run(name: str) -> Run:
    """The run with this id, `last` for the newest, or the newest of this name; else `BadInput`."""
    if found := run_called(name):
        return found
    if _ID.fullmatch(name) and (trash() / name).is_dir():
        raise BadInput(f"{name} is in the trash; tui-lab restore {name} brings it back")
    if named := runs_named(name):
        return named[0]
    runs = all_runs()
    if not runs:
        raise BadInput("there are no runs yet; tui-lab train starts one")
    raise BadInput(f'there is no run "{name}"{nearest(name, [run.id for run in runs])}')


def runs_named(name: str) -> list[Run]:
    """All runs of this name, or all at all for `last`, the newest first."""
    return [run for run in all_runs() if name == "last" or (name and name_of(run) == name)]


def name_of(run: Run) -> str:
    """The name that it was given, or else the one that it was started with."""
    return run.about.name or str(read_status(run.file("status.json")).get("name", ""))


def _starting(status: Status) -> bool:
    """A queued run without a process may still be starting."""
    age = abs(time.time() - status.get("started", 0))
    return status["state"] == "queued" and "pid" not in status and age < STARTING_SECONDS
