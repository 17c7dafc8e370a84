"""The losses by hand: a batch's mean loss, and its gradient d with respect to the outputs."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

Given = tuple[float, Tensor]
"""A batch's loss and d, which has the outputs' shape."""
LossOf = Callable[[Tensor, Tensor], Given]
"""From a batch's outputs and its targets as `wanted` gives them."""


def wanted(loss: nn.Module, y: Tensor, classes: int) -> Tensor:
    """Targets as `LossOf` takes them: for classes (rows, classes), for numbers (rows, 1).

    A row of class y has (1 - smoothing) w_y there, and smoothing w_c / classes for every class c.
    """
    if not isinstance(loss, nn.CrossEntropyLoss):
        return y[:, None]
    w = torch.ones(classes) if loss.weight is None else loss.weight
    smoothing = loss.label_smoothing
    table = (1 - smoothing) * w.diag() + smoothing / classes * w
    return table.index_select(0, y)


def plain_cross_entropy(outputs: Tensor, t: Tensor) -> Given:
    """With p = softmax(outputs): loss = -Σ t log p / rows, d = (p - t) / rows."""
    log_p, share = functional.log_softmax(outputs, dim=1), 1 / t.shape[0]
    loss = -share * float(torch.dot(t.view(-1), log_p.view(-1)))
    return loss, log_p.exp_().sub_(t).mul_(share)


def weighted_cross_entropy(weights: Tensor, smoothing: float) -> LossOf:
    """The same, weighted: loss = -Σ t log p / Σ w_y, d = (p Σ t - t) / Σ w_y.

    The sum over a row's targets is (1 - smoothing) w_y + smoothing times the mean weight.
    """

    def given(outputs: Tensor, t: Tensor) -> Given:
        sums = t.sum(1, keepdim=True)
        weight = (sums.sum() - len(t) * smoothing * weights.mean()) / (1 - smoothing)
        log_p = functional.log_softmax(outputs, dim=1)
        loss = float(-(t * log_p).sum() / weight)
        return loss, log_p.exp_().mul_(sums).sub_(t).div_(weight)

    return given


def bce_with_logits(outputs: Tensor, t: Tensor) -> Given:
    """Of the probability p = 1 / (1 + e^-z) of a yes: -log p, or -log(1 - p) if it is a no.

    Both as one: max(z, 0) - z t + log(1 + e^-|z|); d = (p - t) / rows.
    """
    loss = float(functional.binary_cross_entropy_with_logits(outputs, t))
    return loss, outputs.sigmoid().sub_(t).mul_(1 / t.shape[0])


def mse(outputs: Tensor, t: Tensor) -> Given:
    """The mean of error²; d = 2 error / rows."""
    error, share = outputs - t, 1 / t.shape[0]
    flat = error.view(-1)
    return share * float(torch.dot(flat, flat)), error.mul_(2 * share)


def l1(outputs: Tensor, t: Tensor) -> Given:
    """The mean of |error|; d = the error's sign / rows."""
    error = outputs - t
    return float(error.abs().mean()), error.sign().mul_(1 / t.shape[0])


def smooth_l1(beta: float) -> LossOf:
    """error² / (2 beta) up to |error| = beta, and |error| - beta / 2 from there."""

    def given(outputs: Tensor, t: Tensor) -> Given:
        error = outputs - t
        slope = (error / beta).clamp(-1, 1)
        value = torch.where(slope.abs() < 1, error * slope / 2, error.abs() - beta / 2)
        return float(value.mean()), slope.mul_(1 / t.shape[0])

    return given


def by_hand(loss: nn.Module, classes: int) -> LossOf:
    """The formulas of a loss."""
    if isinstance(loss, nn.CrossEntropyLoss):
        if loss.weight is None and not loss.label_smoothing:
            return plain_cross_entropy
        weights = torch.ones(classes) if loss.weight is None else loss.weight
        return weighted_cross_entropy(weights, loss.label_smoothing)
    if isinstance(loss, nn.SmoothL1Loss):
        return smooth_l1(loss.beta)
    return {nn.BCEWithLogitsLoss: bce_with_logits, nn.MSELoss: mse, nn.L1Loss: l1}[type(loss)]
