"""What a sweep's process writes into its directory, and what is asked of it there."""

import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil

from tui_lab.files import open_file, remove, remove_leftovers, write_file
from tui_lab.runs.fewer import fewer
from tui_lab.runs.lines import Lines
from tui_lab.runs.run import Tail
from tui_lab.runs.status import started
from tui_lab.runs.sweep_run import LIVE, TRIALS, Asked, SweepRun
from tui_lab.runs.trials import Attempt

HEARTBEAT_SECONDS, LIVE_SECONDS = 1.0, 0.25
LIVE_POINTS, MOST_OF_ONE = 3_000, 50
"""The points of all curves in live.json and of one: with 256 workers it still can be read whole."""


class SweepRecord:
    """One process at a time has it; `BadInput` for another one."""

    def __init__(self, run: SweepRun) -> None:
        self.run = run
        self._lines = Lines(run.file(TRIALS))
        self._cut_torn_line()
        remove_leftovers(run.folder)
        self._status = run.status() | {
            "pid": os.getpid(),
            "process_started": started(psutil.Process()),
        }
        self._control = Tail(run, "control.jsonl", "do")
        self.asked = Asked(run.sweep.count)
        self.hear()
        self.attempts = run.attempts()
        """The trainings that have ended, all that came before included."""
        self._before, self._begun = float(self._status.get("seconds", 0)), time.monotonic()
        self._next_beat = self._next_live = 0.0
        self._live: bytes = b""

    def _cut_torn_line(self) -> None:
        """What a process before couldn't write to its end is written anew."""
        with open_file(self.run.file(TRIALS)) as file:
            whole = file.read().rfind(b"\n") + 1
        if whole < self._lines.size:
            self._lines.cut(whole)

    def hear(self) -> bool:
        """Takes in what was asked since the last look; whether there was something."""
        heard = False
        while requests := self._control.new():
            heard = True
            for request in requests:
                self.asked.hear(request)
        return heard

    def ended(self, attempt: Attempt) -> None:
        """Keeps a training that has ended."""
        self._lines.append(attempt.model_dump_json().encode() + b"\n")
        self._lines.write()
        self.attempts.append(attempt)

    def live(self, attempts: Callable[[], Sequence[Attempt]]) -> None:
        """Shows the trainings that go on, for which it asks a few times a second."""
        if time.monotonic() < self._next_live:
            return
        self._next_live = time.monotonic() + LIVE_SECONDS
        content = json.dumps({"running": _shown(attempts())}).encode()
        if content != self._live:
            self._live = content
            write_file(self.run.file(LIVE), content)

    def status(self, **fields: Any) -> None:
        """Replaces status.json at once; `None` takes a field away."""
        seconds = round(self._before + time.monotonic() - self._begun, 3)
        whole = self._status | fields | {"heartbeat": round(time.time(), 3), "seconds": seconds}
        self._status = {key: value for key, value in whole.items() if value is not None}
        write_file(self.run.file("status.json"), json.dumps(self._status).encode())
        self._next_beat = time.monotonic() + HEARTBEAT_SECONDS

    def beat(self, **fields: Any) -> None:
        """Like `status`, but at most once a second."""
        if time.monotonic() >= self._next_beat:
            self.status(**fields)

    def close(self) -> None:
        """Lets another process have the sweep."""
        remove(self.run.file(LIVE))
        self._lines.close()


def _shown(attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Trainings as live.json holds them: the more there are, the fewer points each curve has."""
    most = max(min(LIVE_POINTS // max(len(attempts), 1), MOST_OF_ONE), 2)
    return [
        attempt.model_dump(mode="json", exclude_defaults=True)
        | {"curve": fewer(attempt.curve, most)}
        for attempt in attempts
    ]
