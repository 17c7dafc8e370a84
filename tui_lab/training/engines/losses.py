"""The losses by hand: a batch's mean loss, and its gradient d with respect to the outputs."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

Given = tuple[Tensor, Tensor]
"""A batch's loss, (), and d, which has the outputs' shape."""
LossOf = Callable[[Tensor, Tensor], Given]
"""From the outputs and the targets of a batch."""


def cross_entropy(loss: nn.CrossEntropyLoss) -> LossOf:
    """loss = -Σ t log p / weight, d = (p Σ t - t) / weight: p = softmax(outputs), targets t.

    The target of class y is (1 - smoothing) w_y, and every class c has smoothing w_c / classes
    beside it; the weight is Σ w_y over the batch.
    """

    def given(outputs: Tensor, y: Tensor) -> Given:
        weights = torch.ones(outputs.shape[1]) if loss.weight is None else loss.weight
        smoothing = loss.label_smoothing
        t = ((1 - smoothing) * weights.diag() + smoothing / len(weights) * weights)[y]
        weight = weights[y].sum()
        log_p = functional.log_softmax(outputs, dim=1)
        d = (log_p.exp() * t.sum(1, keepdim=True) - t) / weight
        return -(t * log_p).sum() / weight, d

    return given


def plain_cross_entropy(outputs: Tensor, y: Tensor) -> Given:
    """The same where every class weighs 1: t is 1 for class y and 0 for the others."""
    log_p, row = functional.log_softmax(outputs, dim=1), torch.arange(len(y))
    d = log_p.exp()
    d[row, y] -= 1
    return -log_p[row, y].mean(), d.div_(len(y))


def bce_with_logits(outputs: Tensor, y: Tensor) -> Given:
    """Of the probability p = 1 / (1 + e^-z) of a yes: -log p, or -log(1 - p) if it is a no.

    Both as one: max(z, 0) - z y + log(1 + e^-|z|); d = (p - y) / rows.
    """
    z = outputs.flatten()
    loss = z.clamp(min=0) - z * y + (-z.abs()).exp().log1p()
    return loss.mean(), (z.sigmoid() - y).div_(len(y)).view_as(outputs)


def mse(outputs: Tensor, y: Tensor) -> Given:
    """The mean of error²; d = 2 error / rows."""
    error = outputs.flatten() - y
    return error.square().mean(), error.mul(2 / len(y)).view_as(outputs)


def l1(outputs: Tensor, y: Tensor) -> Given:
    """The mean of |error|; d = the error's sign / rows."""
    error = outputs.flatten() - y
    return error.abs().mean(), error.sign().div_(len(y)).view_as(outputs)


def smooth_l1(loss: nn.SmoothL1Loss) -> LossOf:
    """error² / (2 beta) up to |error| = beta, and |error| - beta / 2 from there."""

    def given(outputs: Tensor, y: Tensor) -> Given:
        error = outputs.flatten() - y
        slope = (error / loss.beta).clamp(-1, 1)
        near = slope.abs() < 1
        value = torch.where(near, error * slope / 2, error.abs() - loss.beta / 2)
        return value.mean(), slope.div_(len(y)).view_as(outputs)

    return given


def by_hand(loss: nn.Module) -> LossOf:
    """The formulas of a loss."""
    if isinstance(loss, nn.CrossEntropyLoss):
        plain = loss.weight is None and not loss.label_smoothing
        return plain_cross_entropy if plain else cross_entropy(loss)
    if isinstance(loss, nn.SmoothL1Loss):
        return smooth_l1(loss)
    return {nn.BCEWithLogitsLoss: bce_with_logits, nn.MSELoss: mse, nn.L1Loss: l1}[type(loss)]
