"""The loss, the optimizer and the schedule of an Experiment, as PyTorch's own objects."""

import warnings
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


def build_optimizer(settings: Optimizer, network: nn.Module) -> torch.optim.Optimizer | None:
    """The optimizer over the parameters that move, fused where PyTorch can; None if none move."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    if not parameters:
        return None
    name, arguments = type(settings).__name__, settings.arguments()
    if name in FUSED and parameters[0].device.type in ("cpu", "cuda"):
        arguments["fused"] = True
    optimizer: torch.optim.Optimizer = getattr(torch.optim, name)(parameters, **arguments)
    return optimizer


def build_schedule(
    schedule: Schedule | None, optimizer: torch.optim.Optimizer | None, epochs: int, steps: int
) -> Any:
    """The learning rate's schedule from `torch.optim.lr_scheduler`, or None."""
    if schedule is None or optimizer is None:
        return None
    lr = optimizer.param_groups[0]["lr"]
    arguments = schedule.arguments_for(lr, epochs, steps)
    return getattr(torch.optim.lr_scheduler, type(schedule).__name__)(optimizer, **arguments)
