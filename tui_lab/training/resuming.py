"""Where a training begins: at the first batch, or at a checkpoint if it was trained before."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import FromFile
from tui_lab.experiment.experiment import Experiment
from tui_lab.runs.checkpoints import Told
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training import device as devices
from tui_lab.training.best import Best
from tui_lab.training.checkpoints import Found, forget_after, state_to_resume
from tui_lab.training.session import Session, assemble
from tui_lab.training.state import Position, restored
from tui_lab.training.steering import resteered


@dataclass(frozen=True)
class Before:
    """What came before the batch that is next."""

    session: Session
    best: Best
    position: Position = field(default_factory=Position)
    told: Told | None = None
    """What the checkpoint says of itself; nothing at the beginning."""
    again: list[dict[str, Any]] = field(default_factory=list)
    """The changes that are still to be made, each in its place, as the events that they are."""
    notes: list[str] = field(default_factory=list)
    """What is not as it was."""


def resumed(run: Run, record: Record) -> Before:
    """A session for a run, moved on to the checkpoint that it goes on from, if there is one."""
    if record.resume is None:
        session = assemble(run.experiment, run.folder)
        return Before(session, Best(session.experiment.training.early_stopping))
    found = state_to_resume(record)
    told = found.told
    session = _session(run, told)
    best = Best(session.experiment.training.early_stopping)
    notes = found.notes + _differences(session, told, bool(record.resume.get("force")))
    position = _restored(session, best, found) if found.state else Position()
    if told and told.data != session.data_sha256:
        session = resteered(session, session.experiment, position)
    again = _again(record, told.events if told else 0, position)
    _go_back(run, record, told, position, again)
    return Before(session, best, position, told, again, notes)


def _session(run: Run, told: Told | None) -> Session:
    if told is None:
        return assemble(run.experiment, run.folder)
    on = told.device if told.device in devices.devices() else ""
    session = assemble(_unsealed(run.experiment), run.folder, told.changes, on, told.engine)
    if str(session.device) == told.device:
        session = replace(session, why_device=told.why_device)
    if session.engine.name == told.engine:
        session = replace(session, why_engine=told.why_engine)
    return session


def _unsealed(experiment: Experiment) -> Experiment:
    """Without the sha256 of its files: what the checkpoint says of the rows is compared instead."""
    dataset = experiment.dataset
    if not isinstance(dataset, FromFile):
        return experiment
    return experiment.replace(dataset=dataset.replace(sha256=None))


def _restored(session: Session, best: Best, found: Found) -> Position:
    assert found.state is not None
    tensors, told = found.state
    try:
        if told.data == session.data_sha256:
            return restored(session, best, tensors, told)
        whole_epochs = told.model_copy(update={"batch": 0})  # other rows: it begins anew
        return restored(session, best, tensors, whole_epochs)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"doesn't belong to this run: {said}", found.path) from None


def _again(record: Record, events: int, position: Position) -> list[dict[str, Any]]:
    """The changes after the checkpoint, and those that are asked for now.

    Whoever goes back to another checkpoint with other settings leaves the old changes behind.
    """
    here = (position.epoch, position.step)
    now = {"event": "changed", "epoch": here[0], "step": here[1], "changes": record.asked_changes}
    asked = [now] if record.asked_changes else []
    if asked and ((record.resume or {}).get("checkpoint") or not events):
        return asked
    found = []
    for change in (*record.again, *record.changes_after(events)):
        if change not in found and (change["epoch"], change["step"]) >= here:
            found.append(change)
    return [*sorted(found, key=lambda change: (change["epoch"], change["step"])), *asked]


def _go_back(
    run: Run, record: Record, told: Told | None, position: Position, again: list[dict[str, Any]]
) -> None:
    """In an order in which nothing is lost, wherever it is cut off."""
    record.status(again=again or None, resumed=len(record.resumes))
    forget_after(run, position.step)
    record.rewind(told.events if told else 0)


def _differences(session: Session, told: Told | None, force: bool) -> list[str]:
    """What makes the training go on otherwise than it would have; `BadInput` for other data."""
    notes: list[str] = []
    if told is None:
        return notes
    if told.data != session.data_sha256:
        what = "the data has changed since the training began"
        if not force:
            raise BadInput(f"{what}; --force goes on all the same, and says so in the run")
        notes.append(what)
    if told.torch != torch.__version__:
        notes.append(f"the first part was trained by PyTorch {told.torch}: not the same bits")
    if told.device != str(session.device):
        notes.append(f"the first part was trained on {told.device}: not the same bits")
    if told.engine != session.engine.name:
        notes.append(f"the first part was trained by the {told.engine} engine: not the same bits")
    return notes
