"""The loss, the optimizer and the schedule of an Experiment, as PyTorch's own objects."""

import inspect
import warnings
from collections.abc import Collection
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.experiment.losses import Loss
from tui_lab.experiment.optimizers import FUSED, Optimizer, Schedule

# a training that goes on at the end of an epoch moves its schedule before its optimizer
warnings.filterwarnings("ignore", r"Detected call of `lr_scheduler\.step")


class BCELoss(nn.BCELoss):
    """PyTorch's, but not-a-number gives not-a-number.

    PyTorch's raises instead, on CUDA in a way that ends the process, and so hides a divergence.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The mean over the rows of (rows,) probabilities."""
        return super().forward(input.nan_to_num(nan=0.5), target) + 0 * input.sum()


class _Light(torch.optim.Optimizer):
    """An optimizer that is made without importing torch.compile, which takes a second or two.

    PyTorch imports it to keep it from compiling this very method; nothing is compiled here.
    """

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)


@cache
def _light(name: str) -> Any:
    """PyTorch's optimizer of this name, as `_Light`; always the same class."""
    return type(name, (_Light, getattr(torch.optim, name)), {})


def build_loss(loss: Loss, device: torch.device) -> nn.Module:
    """The loss module; class weights become a tensor on `device`."""
    arguments = {
        key: torch.tensor(value, device=device) if isinstance(value, tuple) else value
        for key, value in loss.arguments().items()
    }
    name = type(loss).__name__
    kind: type[nn.Module] = BCELoss if name == "BCELoss" else getattr(nn, name)
    return kind(**arguments)


def shaped(outputs: Tensor, targets: Tensor) -> Tensor:
    """The outputs as the loss wants them: (rows,) beside number targets, (rows, classes) else."""
    return outputs.flatten() if targets.is_floating_point() else outputs


def build_optimizer(
    settings: Optimizer, network: nn.Module, loaded: Collection[str] = (), lr_factor: float = 1.0
) -> torch.optim.Optimizer | None:
    """The optimizer over the parameters that move, fused where PyTorch can; None if none move.

    The parameters named in `loaded` learn with `lr_factor` times the rate of the others.
    """
    moving = {name: p for name, p in network.named_parameters() if p.requires_grad}
    if not moving:
        return None
    name, arguments = type(settings).__name__, settings.arguments()
    if name in FUSED and next(iter(moving.values())).device.type in ("cpu", "cuda"):
        arguments["fused"] = True
    slow = [p for key, p in moving.items() if key in loaded and lr_factor != 1]
    groups: list[dict[str, Any]] = [{"params": [p for p in moving.values() if not _in(p, slow)]}]
    groups += [{"params": slow, "lr_factor": lr_factor}] if slow else []
    optimizer: torch.optim.Optimizer = _light(name)(groups, **arguments)
    if slow:
        optimizer.register_step_pre_hook(_set_slow_rates)
    return optimizer


def _in(parameter: Tensor, parameters: list[nn.Parameter]) -> bool:
    return any(parameter is other for other in parameters)


def _set_slow_rates(optimizer: torch.optim.Optimizer, *_: object) -> None:
    """A schedule may move the first group's rate in any way: the others keep their share of it."""
    first, *others = optimizer.param_groups
    for group in others:
        group["lr"] = first["lr"] * group["lr_factor"]


def build_schedule(
    schedule: Schedule | None, optimizer: torch.optim.Optimizer | None, epochs: int, steps: int
) -> Any:
    """The learning rate's schedule from `torch.optim.lr_scheduler`, or None."""
    if schedule is None or optimizer is None:
        return None
    lr = optimizer.param_groups[0]["lr"]
    arguments = schedule.arguments_for(lr, epochs, steps)
    return getattr(torch.optim.lr_scheduler, type(schedule).__name__)(optimizer, **arguments)
