"""The sweep to begin with where an Experiment names none: around the settings that it has."""

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Dropout
from tui_lab.experiment.ranges import LogUniform, Range, Uniform
from tui_lab.experiment.sweep import BLOCK, Sweep


def sweep_of(experiment: Experiment) -> Sweep:
    """The Experiment's own sweep, or one over its rate, momentum, dropout and weight decay."""
    return experiment.sweep or Sweep(settings=dict(_around(experiment)))


def _around(experiment: Experiment) -> dict[str, Range]:
    optimizer, found = experiment.optimizer, dict[str, Range]()
    lr = optimizer.lr or 1e-3
    found["optimizer.lr"] = LogUniform(bounds=(_digits(lr / 10), _digits(lr * 10)))
    if getattr(optimizer, "momentum", 0):
        found["optimizer.momentum"] = Uniform(bounds=(0.8, 0.99))
    if any(isinstance(layer, Dropout) for layer in experiment.layers or ()):
        found["dropout"] = Uniform(bounds=(0.0, 0.6))
    if decay := optimizer.weight_decay:
        found["optimizer.weight_decay"] = LogUniform(
            bounds=(_digits(decay / 10), _digits(decay * 10))
        )
    return found


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def unfit_metric(sweep: Sweep, is_classification: bool) -> str:
    """Why a task can't be ranked by the sweep's metric, or nothing."""
    known = ("loss", "accuracy" if is_classification else "rmse")
    if not is_classification and sweep.metric == "loss" and "dataset.scale" in sweep.settings:
        return "sweep.metric: with dataset.scale the loss has other units; rank by rmse"
    if sweep.metric in known:
        return ""
    return f"sweep.metric: there is no {sweep.metric} here; rank by {' or '.join(known)}"


def hardly_halves(sweep: Sweep | None) -> str:
    """That halving can't stop much among so few trials, or nothing."""
    if sweep is None or sweep.halving is None or sweep.count >= 4 * BLOCK:
        return ""
    can = max(sweep.count - BLOCK, 0)
    return (
        f"halving compares a trial with those in the blocks of {BLOCK} before its own: of "
        f"{sweep.count} trials it can stop {can or 'none'} early; it is worth it from "
        f"{4 * BLOCK} trials on"
    )
