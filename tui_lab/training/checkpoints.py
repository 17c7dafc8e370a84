"""Writing checkpoints now and then, and finding the one to go on from."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.runs.checkpoints import Checkpoint, checkpoint_name, checkpoints, find_checkpoint
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training.state import Numbers
from tui_lab.training.tensor_file import Tensors, read_tensors, tensor_bytes

KEPT = 3
LEAST_SECONDS = 1.0
SHARE = 20
"""Checkpoints take at most one part in so many of the time."""
State = tuple[Tensors, Numbers]


@dataclass
class Found:
    """A state to go on from; `None` stands for the beginning."""

    state: State | None = None
    path: Path | None = None
    notes: list[str] = field(default_factory=list)
    """A sentence on each checkpoint that was no good."""


class Checkpoints:
    """The folder `checkpoint/` of a run: the last few and the best, each whole or not there."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._best: State | None = None
        self._saved: tuple[int, int] | None = None
        self._next = time.monotonic() + LEAST_SECONDS

    @property
    def is_due(self) -> bool:
        """Whether it is time for another one."""
        return time.monotonic() >= self._next

    def keep_best(self, state: State) -> None:
        """Remembers the state at the end of the best epoch; the next `save` writes it, too."""
        self._best = state

    def save(self, capture: Callable[[], State], at: tuple[int, int]) -> bool:
        """Writes the state at (epoch, step), unless that is there; whether the best was new."""
        begun, best = time.monotonic(), self._best
        if best is not None:
            self._write(best, best=True)
            self._best = None
        if at != self._saved:
            self._write(capture())
            self._saved = at
        self._next = time.monotonic() + max(LEAST_SECONDS, SHARE * (time.monotonic() - begun))
        return best is not None

    def _write(self, state: State, best: bool = False) -> None:
        """The new one first, then the old ones go: at every moment there is one."""
        tensors, told = state
        name = checkpoint_name(told["step"], best)
        self.record.sync_events()
        self.record.write(name, tensor_bytes(tensors, told))
        same_kind = [c for c in checkpoints(self.record.run) if c.is_best == best]
        for old in same_kind[1 if best else KEPT :]:
            remove(old.path)


def state_to_resume(record: Record) -> Found:
    """The newest whole checkpoint, or the one that was asked for."""
    asked = (record.resume or {}).get("checkpoint")
    if asked is not None:
        checkpoint = find_checkpoint(record.run, str(asked))
        return Found(_read(checkpoint, record), checkpoint.path)
    found = Found()
    for checkpoint in checkpoints(record.run):
        try:
            found.state, found.path = _read(checkpoint, record), checkpoint.path
        except BadInput as error:
            found.notes.append(str(error))
        else:
            break
    return found


def remove(path: Path) -> None:
    """Removes a checkpoint, or whatever stands in its place."""
    with contextlib.suppress(OSError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def forget_after(run: Run, step: int) -> None:
    """Removes checkpoints of a way that is not gone any more."""
    for checkpoint in checkpoints(run):
        if checkpoint.step > step:
            remove(checkpoint.path)


def _read(checkpoint: Checkpoint, record: Record) -> State:
    tensors, told = read_tensors(checkpoint.path)
    if not isinstance(told.get("events"), int):
        raise BadInput("is no checkpoint of a training", checkpoint.path)
    if told["events"] > record.events_size:
        raise BadInput("knows of events that are gone", checkpoint.path)
    return tensors, told
