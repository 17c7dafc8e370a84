"""Everything that decides how a training goes on, as tensors and JSON: what a checkpoint holds."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from tui_lab.runs.checkpoints import Told
from tui_lab.training.best import Best
from tui_lab.training.checkpoints import Captured
from tui_lab.training.session import Session
from tui_lab.training.shuffler import Place
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
    order: Place = field(default_factory=lambda: Place(torch.empty(0, dtype=torch.uint8)))
    """Where what draws the order of the rows and their augmentation was as the epoch began."""
    changes: list[str] = field(default_factory=list)
    """The changes made while training, as `key=value`."""


def captured(session: Session, best: Best, position: Position, so_far: dict[str, Any]) -> Captured:
    """The state as it is now; only copying is done at once, for every epoch may be the best one.

    `so_far` is what the checkpoint must know of what was told.
    """
    at, score, best_weights = replace(position), best.score.model_copy(), best.copy
    optimizer, engine, shuffler = session.step.optimizer, session.engine, session.shuffler
    weights, memory, random = (
        engine.copied_weights(),
        engine.copied_memory(),
        engine.random.get_state(),
    )
    order, lr = (at.order, at.lr) if at.batch else (shuffler.place, session.lr)
    seen, changes = _seen(session, at.batch), list(at.changes)
    groups = [dict(group) for group in optimizer.param_groups] if optimizer else []
    schedule = session.schedule.state_dict() if session.schedule is not None else None
    device = _device_state(session)

    def state() -> tuple[Tensors, Told]:
        tensors = {"torch": random, "shuffler": order.reached(), **device, **seen}
        tensors |= _prefixed("network", weights())
        tensors |= _prefixed("best", best_weights() if best_weights else {})
        tensors |= _prefixed("optimizer", memory())
        told = Told(
            epoch=at.epoch,
            step=at.step,
            batch=at.batch,
            lr=lr,
            changes=changes,
            best=score,
            device=str(session.device),
            why_device=session.why_device,
            engine=engine.name,
            why_engine=session.why_engine,
            data=session.data_sha256,
            torch=torch.__version__,
            schedule=schedule,
            groups=_numbered(groups),
            **so_far,
        )
        return {name: value.cpu() for name, value in tensors.items()}, told

    return state


def _seen(session: Session, batch: int) -> Tensors:
    """What the epoch's batches have left so far."""
    if not batch:
        return {}
    seen = session.seen
    outputs = seen.outputs[: session.bounds[batch - 1][1]]
    return {
        "losses": seen.losses[:batch].clone(),
        "outputs": outputs.clone(),
        "sums": seen.sums.clone(),
    }


def _device_state(session: Session) -> Tensors:
    if session.device.type == "cpu":
        return {}
    return {"device": getattr(torch, session.device.type).get_rng_state()}


def _numbered(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parameter groups as in an optimizer's `state_dict`: numbers stand for the parameters."""
    counter = itertools.count()
    return [{**group, "params": [next(counter) for _ in group["params"]]} for group in groups]


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
    session.shuffler.go_to(tensors["shuffler"])
    if told.batch:
        session.seen.losses[: told.batch] = tensors["losses"]
        session.seen.outputs[: session.bounds[told.batch - 1][1]] = tensors["outputs"]
        session.seen.sums.copy_(tensors["sums"])
    if "device" in tensors and session.device.type != "cpu":
        getattr(torch, session.device.type).set_rng_state(tensors["device"])
    session.engine.random.set_state(tensors["torch"])
    session.engine.take_over()
    order = Place(tensors["shuffler"])
    return Position(told.epoch, told.step, told.batch, told.lr, order, list(told.changes))


def _prefixed(prefix: str, values: Mapping[str, Any]) -> Tensors:
    return {f"{prefix}.{k}": v for k, v in values.items() if isinstance(v, Tensor)}


def _without(prefix: str, tensors: Tensors) -> Tensors:
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
