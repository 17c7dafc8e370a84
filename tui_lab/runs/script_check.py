"""Running a script in a fresh interpreter and comparing what it prints with what its run told."""

import math
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput, Failure
from tui_lab.runs.run import Run

BUDGET_SECONDS = 60.0
"""Longer than this nobody waits; the epochs that came until then are compared."""
CLOSE, NEAR = 1e-6, 1e-2
"""How near an equal number has to be, and one of a first epoch that was rounded otherwise."""
SPLITS = ("train", "validation", "test")
Losses = tuple[float, float]
"""Of train and validation."""
Tables = dict[str, dict[str, float | None]]
"""The metrics by split."""
_EPOCH = re.compile(r"epoch (\d+): train loss (\S+), validation loss (\S+)")


class Differs(Failure):
    """A script doesn't do what its run did."""


@dataclass(frozen=True)
class History:
    """What a run has told that a script has to tell too."""

    device: str
    threads: int | None
    losses: list[Losses]
    """Of every epoch that no change touched."""
    changes: list[str]
    """What was changed by hand while it trained."""
    tables: Tables = field(default_factory=dict)
    """The tables by split, if the run came to its end without a change."""
    engine: str = "autograd"
    """What trained the run; a script has autograd."""

    @property
    def is_exact(self) -> bool:
        """Whether a script rounds as the run did; else they slowly part, however right it is."""
        return self.engine == "autograd"

    @property
    def on_cpu(self) -> bool:
        """Whether a script, which runs on the CPU, can be expected to give equal losses."""
        return self.device == "cpu"

    @property
    def changed(self) -> str:
        """The changes in words."""
        return f"what was changed while the run trained ({', '.join(self.changes)})"


def history_of(run: Run) -> History:
    """Gathered from the events and the summary of a run; `BadInput` if they make no sense."""
    try:
        return _history(list(run.events()), run)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput("doesn't tell how a training went", run.file("events.jsonl")) from None


def _history(events: list[dict[str, Any]], run: Run) -> History:
    started = next((event for event in events if event["event"] == "started"), None)
    changes = [event for event in events if event["event"] == "changed"]
    first = min((int(event["step"]) for event in changes), default=math.inf)
    losses = [
        (float(event["train"]["loss"]), float(event["validation"]["loss"]))
        for event in events
        if event["event"] == "epoch" and started and event["epoch"] * started["batches"] <= first
    ]
    whole = run.status()["state"] == "finished" and not changes
    summary = run.summary() if whole else {}
    return History(
        device=str(started["device"]) if started else "cpu",
        threads=int(started["threads"]) if started else None,
        losses=losses,
        changes=[f"step {event['step']}: {text}" for event in changes for text in event["changes"]],
        tables={split: summary[split] for split in SPLITS if summary},
        engine=str(started.get("engine", "autograd")) if started else "autograd",
    )


def check(script: Path, history: History) -> str:
    """Runs a script and says how it compares; `Differs` if it fails or its numbers are others."""
    to_the_end = bool(history.tables)
    lines, code = _output(script, None if to_the_end else max(len(history.losses), 1))
    if code > 0:
        raise Differs(f"the script fails: {lines[-1] if lines else f'exit code {code}'}")
    losses = losses_in(lines)
    if not losses:
        told = f"its first epoch takes longer than {BUDGET_SECONDS:.0f} s, so it wasn't checked"
    elif not history.on_cpu:
        told = f"it runs, but can't give equal losses, because the run trained on {history.device}"
    else:
        told = _compared(losses, history)
        if code == 0 and to_the_end and _ends_alike(losses, tables_in(lines), history):
            told += ", and so are its tables"
    return f"{told}; not in it: {history.changed}" if history.changes else told


def _output(script: Path, epochs: int | None) -> tuple[list[str], int]:
    """What a script prints, until so many epochs or the time are over, and its exit code.

    The exit code is negative for a script that was ended early.
    """
    command = [sys.executable, "-P", "-u", str(script)]
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        timer = threading.Timer(BUDGET_SECONDS, process.kill)
        timer.start()
        for line in process.stdout or ():
            lines.append(line.strip())
            if (match := _EPOCH.fullmatch(lines[-1])) and int(match[1]) == epochs:
                process.kill()
        timer.cancel()
    return lines, process.returncode


def losses_in(lines: Iterable[str]) -> list[Losses]:
    """The losses among the lines that a script has printed."""
    found = filter(None, map(_EPOCH.fullmatch, lines))
    return [(float(match[2]), float(match[3])) for match in found]


def tables_in(lines: Iterable[str]) -> Tables:
    """The tables among the lines that a script has printed."""
    rows = [line.split() for line in lines]
    start = rows.index(list(SPLITS)) + 1 if list(SPLITS) in rows else len(rows)
    return {
        split: {row[0]: float(row[column]) for row in rows[start:]}
        for column, split in enumerate(SPLITS, 1)
    }


def _compared(found: list[Losses], history: History) -> str:
    """How many epochs are equal; `Differs` if one is not."""
    wanted, apart = history.losses, 0.0
    for number, both in enumerate(zip(found, wanted, strict=False), 1):
        for split, ours, theirs in zip(SPLITS, *both, strict=False):
            apart = max(apart, abs(ours - theirs) / max(1.0, abs(theirs)))
            if history.is_exact or number == 1:
                close = CLOSE if history.is_exact else NEAR
                _refuse_different(f"{split} loss of epoch {number}", ours, theirs, close)
    if not wanted:
        return "it runs, but the run has no epochs to compare it with"
    many = "all" if len(found) >= len(wanted) else f"the first {len(found)} of"
    if apart > CLOSE:
        return (
            f"its losses in {many} {len(wanted)} epochs are at most {apart:.0e} from those of the "
            f"run, whose {history.engine} engine rounds otherwise"
        )
    return f"its losses in {many} {len(wanted)} epochs are those of the run"


def _ends_alike(losses: list[Losses], tables: Tables, history: History) -> bool:
    """Whether the tables are equal; `Differs` if not, unless the run rounded otherwise."""
    try:
        _compare_ends(losses, tables, history)
    except Differs:
        if history.is_exact:
            raise
        return False
    return True


def _compare_ends(losses: list[Losses], tables: Tables, history: History) -> None:
    """`Differs` if a script that ran to its end made more epochs, or other tables."""
    if len(losses) != len(history.losses):
        raise Differs(f"the run has {len(history.losses)} epochs, the script {len(losses)}")
    for split, table in history.tables.items():
        for name, value in table.items():
            if value is not None:
                _refuse_different(f"{name} on the {split} rows", tables[split].get(name), value)


def _refuse_different(what: str, ours: float | None, theirs: float, close: float = CLOSE) -> None:
    if ours is None or not math.isclose(ours, theirs, rel_tol=close, abs_tol=close):
        raise Differs(
            f"the script was not written, because its {what} is {ours} where the run's is "
            f"{theirs:.9g}: the data or the packages are no longer those that the run had"
        )
