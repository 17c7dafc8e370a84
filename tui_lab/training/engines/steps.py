"""The optimizers' steps over a whole flat tensor of parameters at once, each by one operation.

All take the learning rate, how many steps were made with this one, and by what g is to be divided
before anything else: the rows of a batch, if it was summed over them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

Move = Callable[[float, int, Tensor | None], None]


def sgd(w: Tensor, g: Tensor, memories: list[Tensor], settings: dict[str, Any]) -> Move:
    """v = momentum v + g; w -= lr v, or by Nesterov lr (g + momentum v).

    Before, a weight decay adds weight_decay w to g.
    """
    names = ("momentum", "weight_decay", "nesterov")
    step = partial(
        torch._fused_sgd_,
        [w],
        [g],
        memories,
        **{name: settings[name] for name in names},
        dampening=0.0,
        maximize=False,
        is_first_step=False,
    )
    return lambda lr, steps, divisor: step(lr=lr, grad_scale=divisor)


def adam(w: Tensor, g: Tensor, memories: list[Tensor], settings: dict[str, Any]) -> Move:
    """m and v are running means of g and g², and w -= lr m / (√v + eps).

    Both begin at 0, which divisions by 1 - beta^steps make up for. The weight decay is part of the
    gradient: g + weight_decay w.
    """
    return _adaptive(torch._fused_adam_, w, g, memories, settings)


def adamw(w: Tensor, g: Tensor, memories: list[Tensor], settings: dict[str, Any]) -> Move:
    """The same, but the weight decay stands by itself: w -= lr weight_decay w."""
    return _adaptive(torch._fused_adamw_, w, g, memories, settings)


def _adaptive(
    fused: Any, w: Tensor, g: Tensor, memories: list[Tensor], settings: dict[str, Any]
) -> Move:
    (m, v), (beta1, beta2), count = memories, settings["betas"], torch.zeros(())
    step = partial(
        fused,
        [w],
        [g],
        [m],
        [v],
        [],
        [count],
        beta1=beta1,
        beta2=beta2,
        weight_decay=settings["weight_decay"],
        eps=settings["eps"],
        amsgrad=False,
        maximize=False,
    )

    def move(lr: float, steps: int, divisor: Tensor | None) -> None:
        count.fill_(steps)
        step(lr=lr, grad_scale=divisor)

    return move
