"""A session whose settings change while it trains: the state stays, what was set is new."""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Dropout
from tui_lab.experiment.network import network
from tui_lab.training.engines.choosing import choose_engine
from tui_lab.training.objective import build_optimizer, build_schedule
from tui_lab.training.session import Session, mixes, moves_each_batch
from tui_lab.training.state import Position


def resteered(session: Session, experiment: Experiment, position: Position) -> Session:
    """The session as it goes on with another, `steered` Experiment."""
    for layer, module in zip(experiment.layers or (), session.network.children(), strict=True):
        if isinstance(layer, Dropout) and isinstance(module, nn.Dropout):
            module.p = layer.p
    optimizer = _optimizer(session, experiment)
    schedule = _schedule(session, experiment, optimizer, position)
    each_batch = schedule is not None and moves_each_batch(experiment)
    step = replace(
        session.step,
        optimizer=optimizer,
        clip_grad_norm=experiment.training.clip_grad_norm,
        each_batch=schedule.step if each_batch else None,
    )
    net = network(session.net.enters, experiment.layers or ())
    engine, why = choose_engine(
        experiment.training.engine, net, step, session.bounds, mixes(experiment)
    )
    engine.random.set_state(session.engine.random.get_state())
    parts = {"net": net, "step": step, "schedule": schedule, "engine": engine, "why_engine": why}
    return replace(session, experiment=experiment, **parts)


def _optimizer(session: Session, experiment: Experiment) -> torch.optim.Optimizer | None:
    """A new one with the settings; one of the same kind takes over what the old one remembers."""
    slow = session.loaded.slow if session.loaded else ()
    old, new = session.step.optimizer, build_optimizer(experiment.optimizer, session.network, *slow)
    if old is not None and new is not None and type(old) is type(new):
        state, groups = old.state_dict()["state"], new.state_dict()["param_groups"]
        if isinstance(new, torch.optim.RMSprop) and groups[0]["momentum"]:
            # unlike SGD, it doesn't begin a momentum later
            for values in state.values():
                values.setdefault("momentum_buffer", torch.zeros_like(values["square_avg"]))
        new.load_state_dict({"state": state, "param_groups": groups})
    return new


def _schedule(
    session: Session,
    experiment: Experiment,
    optimizer: torch.optim.Optimizer | None,
    position: Position,
) -> Any:
    """The schedule of the whole training, moved on to where the training is."""
    steps = len(session.bounds)
    schedule = build_schedule(experiment.schedule, optimizer, experiment.training.epochs, steps)
    if schedule is None or optimizer is None:
        return None
    if isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
        return _plateau(session, schedule, optimizer)
    batches = position.epoch * steps + position.batch
    for _ in range(batches if moves_each_batch(experiment) else position.epoch):
        schedule.step()
    return schedule


def _plateau(session: Session, schedule: Any, optimizer: torch.optim.Optimizer) -> Any:
    """What it did to the rate so far, it did for good."""
    if session.experiment.schedule is None or not isinstance(session.schedule, type(schedule)):
        return schedule
    state = session.schedule.state_dict()
    base = session.experiment.optimizer.lr
    for group in optimizer.param_groups:
        group["lr"] *= session.lr / base if base else 1.0
    kept = {key: state[key] for key in ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")}
    schedule.load_state_dict(kept)
    return schedule
