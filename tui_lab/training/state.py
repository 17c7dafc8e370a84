"""Everything that decides how a training goes on, as tensors and JSON: what a checkpoint holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tui_lab.runs.checkpoints import Told
from tui_lab.training.best import Best
from tui_lab.training.session import Session
from tui_lab.training.tensor_file import Tensors


@dataclass
class Position:
    """Where a training is, between two batches."""

    epoch: int = 0
    """How many epochs are done."""
    step: int = 0
    """How many batches are done in all."""
    batch: int = 0
    """How many of them in this epoch."""
    lr: float = 0.0
    """The learning rate that the epoch began with."""
    order: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.uint8))
    """The state of what draws the order of the rows and their augmentation, as the epoch began."""
    changes: list[str] = field(default_factory=list)
    """The changes made while training, as `key=value`."""


def captured(session: Session, best: Best, position: Position) -> tuple[Tensors, Told]:
    """The state as it is now; the tensors are copies on the CPU."""
    batch, shuffler = position.batch, session.shuffler.get_state()
    tensors = {
        "torch": session.engine.random.get_state(),
        "shuffler": position.order if batch else shuffler,
        **_prefixed("network", session.network.state_dict()),
        **_prefixed("best", best.weights or {}),
    }
    if session.device.type != "cpu":
        tensors["device"] = getattr(torch, session.device.type).get_rng_state()
    if batch:
        tensors["losses"] = session.seen.losses[:batch]
        tensors["outputs"] = session.seen.outputs[: session.bounds[batch - 1][1]]
    optimizer = session.step.optimizer
    state = optimizer.state_dict() if optimizer else {"state": {}, "param_groups": []}
    for index, values in state["state"].items():
        tensors |= _prefixed(f"optimizer.{index}", values)
    told = Told(
        epoch=position.epoch,
        step=position.step,
        batch=batch,
        lr=position.lr if batch else session.lr,
        changes=list(position.changes),
        best=best.score.model_copy(),
        device=str(session.device),
        why_device=session.why_device,
        data=session.data_sha256,
        torch=torch.__version__,
        schedule=session.schedule.state_dict() if session.schedule is not None else None,
        groups=state["param_groups"],
    )
    return {name: value.detach().cpu().clone() for name, value in tensors.items()}, told


def restored(session: Session, best: Best, tensors: Tensors, told: Told) -> Position:
    """Puts a captured state back into a session built from the same Experiment."""
    session.network.load_state_dict(_without("network", tensors))
    best.restore_state(told.best, _without("best", tensors))
    if session.step.optimizer is not None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _without("optimizer", tensors).items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = value
        session.step.optimizer.load_state_dict({"state": state, "param_groups": told.groups})
    if session.schedule is not None:
        session.schedule.load_state_dict(told.schedule)
    session.shuffler.set_state(tensors["shuffler"])
    if told.batch:
        session.seen.losses[: told.batch] = tensors["losses"]
        session.seen.outputs[: session.bounds[told.batch - 1][1]] = tensors["outputs"]
    if "device" in tensors and session.device.type != "cpu":
        getattr(torch, session.device.type).set_rng_state(tensors["device"])
    session.engine.random.set_state(tensors["torch"])
    session.engine.take_over()
    return Position(
        told.epoch, told.step, told.batch, told.lr, tensors["shuffler"], list(told.changes)
    )


def _prefixed(prefix: str, values: Mapping[str, Any]) -> Tensors:
    return {f"{prefix}.{k}": v for k, v in values.items() if isinstance(v, Tensor)}


def _without(prefix: str, tensors: Tensors) -> Tensors:
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
