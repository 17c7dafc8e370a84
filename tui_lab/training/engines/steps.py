"""The optimizers' steps by hand, over a whole flat tensor of parameters at once."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Moved:
    """A stretch of the flat tensors that learns at one rate."""

    w: Tensor
    """The parameters."""
    g: Tensor
    """The gradient of the loss with respect to them."""
    memories: tuple[Tensor, ...]
    """What the optimizer remembers of them."""
    lr_factor: float


def sgd(part: Moved, settings: dict[str, Any], lr: float, steps: int) -> None:
    """v = momentum v + g; w -= lr v, or by Nesterov lr (g + momentum v)."""
    g = part.g
    if settings["weight_decay"]:
        g = g.add(part.w, alpha=settings["weight_decay"])
    if momentum := settings["momentum"]:
        v = part.memories[0].mul_(momentum).add_(g)
        g = g.add(v, alpha=momentum) if settings["nesterov"] else v
    part.w.sub_(g, alpha=lr)


def adam(part: Moved, settings: dict[str, Any], lr: float, steps: int) -> None:
    """The weight decay is part of the gradient: g + weight_decay w."""
    g = part.g
    if settings["weight_decay"]:
        g = g.add(part.w, alpha=settings["weight_decay"])
    _adapted(part, g, settings, lr, steps)


def adamw(part: Moved, settings: dict[str, Any], lr: float, steps: int) -> None:
    """The weight decay stands by itself: w -= lr weight_decay w."""
    part.w.mul_(1 - lr * settings["weight_decay"])
    _adapted(part, part.g, settings, lr, steps)


def _adapted(part: Moved, g: Tensor, settings: dict[str, Any], lr: float, steps: int) -> None:
    """m and v are running means of g and g², and w -= lr m / (√v + eps).

    Both begin at 0, which the divisions by 1 - beta^steps make up for.
    """
    beta1, beta2 = settings["betas"]
    m, v = part.memories
    m.lerp_(g, 1 - beta1)
    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    size = v.sqrt().div_((1 - beta2**steps) ** 0.5).add_(settings["eps"])
    part.w.addcdiv_(m, size, value=-lr / (1 - beta1**steps))
