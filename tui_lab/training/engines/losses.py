"""The losses by hand: how each is measured, and its gradient with respect to the outputs."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.loss import _Loss

from tui_lab.training.engines.engine import Measured
from tui_lab.training.objective import shaped

Slope = Callable[[Tensor, Tensor], Tensor]
"""The gradient d of a batch's summed loss, for outputs z and targets t as `wanted` gives them."""


@dataclass(frozen=True)
class LossByHand:
    """A loss whose value is the rows' sum, divided by the sum of their weights."""

    loss: nn.Module
    slope: Slope
    steepness: float = 1.0
    """What `slope` has to be multiplied by."""

    @cached_property
    def _each(self) -> nn.Module:
        """The loss of each row by itself, in double precision."""
        each = cast(_Loss, copy.deepcopy(self.loss).double())
        each.reduction = "none"
        return each

    def of_rows(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Each row's loss, (rows,) float64."""
        targets = y.double() if y.is_floating_point() else y
        found: Tensor = self._each(shaped(outputs.double(), y), targets)
        return found

    def weights(self, y: Tensor) -> Tensor:
        """Each row's weight: that of its class, or 1; (rows,) float64."""
        weights = getattr(self.loss, "weight", None)
        return torch.ones(len(y), dtype=torch.float64) if weights is None else weights.double()[y]

    def measured(self, loss: float, outputs: Tensor, y: Tensor) -> Measured:
        """The mean loss, and what its kind of outputs is measured by besides."""
        if isinstance(self.loss, nn.CrossEntropyLoss):
            return Measured(loss, accuracy=_mean(outputs.argmax(1) == y), rmse=0.0)
        if isinstance(self.loss, nn.BCEWithLogitsLoss):
            return Measured(loss, accuracy=_mean((outputs[:, 0] > 0) == (y > 0.5)), rmse=0.0)
        errors = outputs[:, 0].double() - y
        return Measured(loss, accuracy=0.0, rmse=math.sqrt(_mean(errors.square_())))


def _mean(numbers: Tensor) -> float:
    return float(numbers.sum()) / len(numbers)


def wanted(loss: nn.Module, y: Tensor, classes: int) -> Tensor:
    """Targets as a `Slope` takes them: for classes (rows, classes), for numbers (rows, 1).

    A row of class y has (1 - smoothing) w_y there, and smoothing w_c / classes for every class c.
    """
    if not isinstance(loss, nn.CrossEntropyLoss):
        return y[:, None]
    w = torch.ones(classes) if loss.weight is None else loss.weight
    smoothing = loss.label_smoothing
    table = (1 - smoothing) * w.diag() + smoothing / classes * w
    return table.index_select(0, y)


def cross_entropy(z: Tensor, t: Tensor) -> Tensor:
    """With p = softmax(z): the loss is -Σ t log p, d = p - t, since a row's t sum up to 1."""
    return torch.softmax(z, 1).sub_(t)


def weighted_cross_entropy(z: Tensor, t: Tensor) -> Tensor:
    """The same where they don't: d = p Σ t - t."""
    return torch.softmax(z, 1).mul_(t.sum(1, keepdim=True)).sub_(t)


def bce_with_logits(z: Tensor, t: Tensor) -> Tensor:
    """With p = 1 / (1 + e^-z), the probability of a yes: -log p, or -log(1 - p); d = p - t."""
    return torch.sigmoid(z).sub_(t)


def mse(z: Tensor, t: Tensor) -> Tensor:
    """error²; d = 2 error, and the 2 is its steepness."""
    return z - t


def l1(z: Tensor, t: Tensor) -> Tensor:
    """|error|; d = the error's sign."""
    return (z - t).sign_()


def smooth_l1(beta: float) -> Slope:
    """error² / (2 beta) up to |error| = beta, and |error| - beta / 2 from there."""
    return lambda z, t: (z - t).div_(beta).clamp_(-1, 1)


def by_hand(loss: nn.Module) -> LossByHand:
    """The formulas of a loss."""
    if isinstance(loss, nn.CrossEntropyLoss):
        return LossByHand(loss, cross_entropy if loss.weight is None else weighted_cross_entropy)
    if isinstance(loss, nn.SmoothL1Loss):
        return LossByHand(loss, smooth_l1(loss.beta))
    if isinstance(loss, nn.MSELoss):
        return LossByHand(loss, mse, steepness=2.0)
    return LossByHand(loss, {nn.BCEWithLogitsLoss: bce_with_logits, nn.L1Loss: l1}[type(loss)])
