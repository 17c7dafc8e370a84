"""Where a training begins: at the first batch, or at a checkpoint if it was trained before."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tui_lab.errors import BadInput
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training import device as devices
from tui_lab.training.best import Best
from tui_lab.training.checkpoints import Found, forget_after, state_to_resume
from tui_lab.training.session import Session, assemble
from tui_lab.training.state import Numbers, Position, restored


@dataclass(frozen=True)
class Before:
    """What came before the batch that is next."""

    session: Session
    best: Best
    position: Position = field(default_factory=Position)
    told: Numbers = field(default_factory=dict)
    """What the checkpoint says of itself, empty at the beginning."""
    again: list[dict[str, Any]] = field(default_factory=list)
    """The changes after the checkpoint."""
    notes: list[str] = field(default_factory=list)
    """What is not as it was."""
    is_resumed: bool = False


def resumed(run: Run, record: Record) -> Before:
    """A session for a run, moved on to the checkpoint that it goes on from, if there is one."""
    found = state_to_resume(record) if record.resume else Found()
    told = found.state[1] if found.state else {}
    on = told.get("device_name", "")
    session = assemble(
        run.experiment, run.folder, told.get("changes", ()), on if on in devices.devices() else ""
    )
    best = Best(session.experiment.training.early_stopping)
    notes = found.notes + _differences(session, told, bool((record.resume or {}).get("force")))
    if record.resume is None:
        return Before(session, best)
    if str(session.device) == on:
        session = replace(session, why_device=told["why_device"])
    position = _restored(session, best, found)
    again = record.rewind(told.get("events", 0))
    forget_after(run, position.step)
    return Before(session, best, position, told, again, notes, is_resumed=True)


def _restored(session: Session, best: Best, found: Found) -> Position:
    if found.state is None:
        return Position()
    try:
        return restored(session, best, *found.state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"doesn't belong to this run: {said}", found.path) from None


def _differences(session: Session, told: Numbers, force: bool) -> list[str]:
    """What makes the training go on otherwise than it would have; `BadInput` for other data."""
    notes = []
    if told and told["data"] != session.data_sha256:
        what = "the data has changed since the training began"
        if not force:
            raise BadInput(f"{what}; --force goes on all the same, and says so in the run")
        notes.append(what)
    if told and told["torch"] != torch.__version__:
        notes.append(f"the first part was trained by PyTorch {told['torch']}: not the same bits")
    if told and told["device_name"] != str(session.device):
        notes.append(f"the first part was trained on {told['device_name']}: not the same bits")
    return notes
