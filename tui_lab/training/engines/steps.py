"""The optimizers' steps over a flat tensor of parameters at once, each by one operation of PyTorch.

All divide the gradient g by `grad_scale` before anything else: by the rows of a batch, if it was
summed over them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

Move = Callable[..., None]
"""Makes a step, given lr and grad_scale."""


def sgd(w: Tensor, g: Tensor, *memories: Tensor, steps: Tensor, settings: dict[str, Any]) -> Move:
    """v = momentum v + g; w -= lr v, or by Nesterov lr (g + momentum v).

    Before, a weight decay adds weight_decay w to g.
    """
    asked = {name: settings[name] for name in ("momentum", "weight_decay", "nesterov")}
    still = {"dampening": 0.0, "maximize": False, "is_first_step": False}
    return partial(torch._fused_sgd_, [w], [g], list(memories), **asked, **still)


def adam(w: Tensor, g: Tensor, *memories: Tensor, steps: Tensor, settings: dict[str, Any]) -> Move:
    """m and v are running means of g and g², and w -= lr m / (√v + eps).

    Both begin at 0, which divisions by 1 - beta^steps make up for. The weight decay is part of the
    gradient: g + weight_decay w.
    """
    return _adaptive(torch._fused_adam_, (w, g, *memories), steps, settings)


def adamw(w: Tensor, g: Tensor, *memories: Tensor, steps: Tensor, settings: dict[str, Any]) -> Move:
    """The same, but the weight decay stands by itself: w -= lr weight_decay w."""
    return _adaptive(torch._fused_adamw_, (w, g, *memories), steps, settings)


def _adaptive(
    fused: Move, tensors: tuple[Tensor, ...], steps: Tensor, settings: dict[str, Any]
) -> Move:
    beta1, beta2 = settings["betas"]
    asked = {name: settings[name] for name in ("weight_decay", "eps")}
    still = {"amsgrad": False, "maximize": False}
    lists = [[tensor] for tensor in tensors]
    return partial(fused, *lists, [], [steps], beta1=beta1, beta2=beta2, **asked, **still)
