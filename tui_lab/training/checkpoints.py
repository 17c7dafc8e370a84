"""Writing checkpoints now and then, and finding the one to go on from."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.files import remove, sync_folder
from tui_lab.runs.checkpoints import (
    FOLDER,
    Checkpoint,
    Told,
    checked,
    checkpoint_name,
    checkpoints,
    find_checkpoint,
)
from tui_lab.runs.metadata import Newer
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training.tensor_file import Tensors, read_tensors, tensor_bytes

KEPT = 3
LEAST_SECONDS = 1.0
SHARE = 20
"""Checkpoints take at most one part in so many of the time."""
MOST_SECONDS = 60.0
State = tuple[Tensors, Told]
Captured = Callable[[], State]
"""A state as it was at a moment, put together when it is asked for."""


class Checkpoints:
    """The folder `checkpoint/` of a run: the last few and the best, each whole or not there."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._best: Captured | None = None
        self._saved: tuple[int, int] | None = None
        self._next = time.monotonic() + LEAST_SECONDS

    @property
    def is_due(self) -> bool:
        """Whether it is time for another one."""
        return time.monotonic() >= self._next

    def keep_best(self, state: Captured) -> None:
        """Remembers the state at the end of the best epoch; the next `save` writes it, too."""
        self._best = state

    def save(self, capture: Callable[[], Captured], at: tuple[int, int]) -> bool:
        """Writes the state at (epoch, step), unless that is there; whether the best was new."""
        begun, best = time.monotonic(), self._best
        if best is not None:
            self._write(best, best=True)
            self._best = None
        if at != self._saved:
            self._write(capture())
            self._saved = at
        rest = SHARE * (time.monotonic() - begun)
        self._next = time.monotonic() + min(max(LEAST_SECONDS, rest), MOST_SECONDS)
        return best is not None

    def _write(self, state: Captured, best: bool = False) -> None:
        """The new one first, then the old ones go: at every moment there is one."""
        tensors, told = state()
        self.record.sync_events()
        content = tensor_bytes(tensors, told.model_dump())
        self.record.write(checkpoint_name(told.step, best), content)
        same_kind = [c for c in checkpoints(self.record.run) if c.is_best == best]
        for old in same_kind[1 if best else KEPT :]:
            remove(old.path)


@dataclass
class Found:
    """A state to go on from; `None` stands for the beginning."""

    state: State | None = None
    path: Path | None = None
    notes: list[str] = field(default_factory=list)
    """A sentence on what is not as it should be."""

    @property
    def told(self) -> Told | None:
        """What the checkpoint says of itself."""
        return self.state[1] if self.state else None


def state_to_resume(record: Record) -> Found:
    """The checkpoint that was asked for, or the newest whole one; `BadInput` if all are damaged."""
    request = record.resume or {}
    if asked := request.get("checkpoint"):
        checkpoint = find_checkpoint(record.run, str(asked))
        return Found(_read(checkpoint, record), checkpoint.path)
    found, there = Found(), checkpoints(record.run)
    for checkpoint in there:
        try:
            return Found(_read(checkpoint, record), checkpoint.path, found.notes)
        except Newer:
            raise
        except BadInput as error:
            found.notes.append(str(error))
    if there and not request.get("force"):
        raise BadInput(f"no checkpoint is whole ({found.notes[0]}); --force begins again")
    if record.events_size:
        found.notes.append("there was no checkpoint, so it began again")
    return found


def _read(checkpoint: Checkpoint, record: Record) -> State:
    tensors, about = read_tensors(checkpoint.path)
    told = checked(about, checkpoint.path)
    if told.events > record.events_size or told.last_event != record.last_event(told.events):
        raise BadInput("belongs to other events than there are", checkpoint.path)
    return tensors, told


def forget_after(run: Run, step: int) -> None:
    """Removes checkpoints of a way that is not gone any more, and what is none in their place."""
    for checkpoint in checkpoints(run):
        if checkpoint.step > step or not checkpoint.path.is_file():
            remove(checkpoint.path)
    sync_folder(run.file(FOLDER))
