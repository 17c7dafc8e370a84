"""Where numbers stopped being finite, and what to try."""

import math

import torch
from torch import Tensor, nn

ADVICE = "try a smaller lr, or clip_grad_norm"


class Diverged(Exception):
    """Training on makes no sense: a loss or a weight is infinite or not a number."""

    def __init__(self, what: str, network: nn.Module, x: Tensor) -> None:
        super().__init__(f"{what}: {first_not_finite(network, x)}; {ADVICE}")


@torch.no_grad()
def first_not_finite(network: nn.Module, x: Tensor) -> str:
    """A clause that names the first layer whose parameters, or outputs for `x`, are not finite."""
    for index, (name, layer) in enumerate(network.named_children()):
        kind = type(layer).__name__ + ("" if name == str(index) else f' "{name}"')
        if not is_finite(layer):
            return f"the first to fail were the parameters of layer {index + 1}, {kind}"
        x = layer(x)
        if not x.isfinite().all():
            return f"the first to fail were the outputs of layer {index + 1}, {kind}"
    return "all layers' outputs are finite numbers, but too large for the loss"


def what_failed(validation_loss: float) -> str:
    """What an epoch left that is no finite number."""
    if math.isfinite(validation_loss):
        return "a weight became infinite or not a number"
    return f"the validation loss became {validation_loss}"


def is_finite(module: nn.Module) -> bool:
    """Whether all parameters are finite numbers."""
    return all(bool(parameter.isfinite().all()) for parameter in module.parameters())
