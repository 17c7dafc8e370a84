"""The training loop: one epoch over tensors that already are on the device.

Nothing in an epoch waits for the device: no `.item()`, no copy to the CPU. Losses and outputs
gather on the device and are read when the epoch is over. Only the CPU, where there is nothing to
wait for, has its loss looked at in every step.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.experiment.shape import Shape
from tui_lab.training.objective import shaped

CPU = torch.device("cpu")
Bounds = Sequence[tuple[int, int]]
"""Where the batches of an epoch start and end."""


class NotFinite(Exception):
    """The loss of a batch is infinite or not a number; the step that found it moved nothing."""

    def __init__(self, loss: float, done: int = 0) -> None:
        super().__init__(f"the loss became {loss}")
        self.loss, self.done = loss, done
        """`done`: how many batches of the epoch were trained before."""


@dataclass(frozen=True)
class Rows:
    """Samples on a device: x (rows, *sample shape) float32; y (rows,) int64 or float32."""

    x: Tensor
    y: Tensor

    def to(self, device: torch.device) -> "Rows":
        """The same rows on `device`."""
        return Rows(self.x.to(device), self.y.to(device))

    def part(self, start: int, stop: int) -> "Rows":
        """The rows from `start` to `stop`."""
        return Rows(self.x[start:stop], self.y[start:stop])

    def targets(self, stop: int) -> Tensor:
        """The y of the rows up to `stop`."""
        return self.y[:stop]

    def batch(self, start: int, stop: int) -> tuple[Any, ...]:
        """What a `Step` takes of the rows from `start` to `stop`."""
        return self.x[start:stop], self.y[start:stop]


@dataclass(frozen=True)
class Shuffled:
    """Rows in another order; a part of them is gathered when it is asked for, never all at once."""

    rows: Rows
    order: Tensor
    """(rows,) int64: which row comes where."""

    def part(self, start: int, stop: int) -> Rows:
        """The rows from `start` to `stop` in this order."""
        order = self.order[start:stop]
        return Rows(self.rows.x.index_select(0, order), self.rows.y.index_select(0, order))

    def targets(self, stop: int) -> Tensor:
        """The y of the rows up to `stop` in this order."""
        return self.rows.y.index_select(0, self.order[:stop])

    def batch(self, start: int, stop: int) -> tuple[Any, ...]:
        """What a `Step` takes of the rows from `start` to `stop`."""
        return self.part(start, stop).batch(0, stop - start)


Entering = Rows | Shuffled
"""The rows of an epoch as they enter the network, one batch after the other."""


@dataclass(frozen=True)
class Mixed:
    """The other targets of a batch that was mixed, and the share of its own ones."""

    y: Tensor
    share: Tensor


@dataclass(frozen=True)
class MixedRows(Rows):
    """Rows that were mixed with others, batch by batch."""

    other_y: Tensor
    """The others' targets."""
    shares: Tensor
    """(batches,): a batch's share of its own targets."""
    batch_size: int

    def part(self, start: int, stop: int) -> "MixedRows":
        """The rows from `start`, where a batch begins, to `stop`."""
        shares = self.shares[start // self.batch_size :]
        part = self.x[start:stop], self.y[start:stop], self.other_y[start:stop]
        return MixedRows(*part, shares, self.batch_size)

    def batch(self, start: int, stop: int) -> tuple[Any, ...]:
        """See `Rows`; with the other targets."""
        mixed = Mixed(self.other_y[start:stop], self.shares[start // self.batch_size])
        return *super().batch(start, stop), mixed


@dataclass(frozen=True)
class Seen:
    """What the batches of an epoch leave: losses (batches,), outputs (rows, *output shape)."""

    losses: Tensor
    outputs: Tensor
    sums: Tensor
    """(4,) float64: what an engine that measures while it trains has summed up so far."""

    @classmethod
    def room(cls, bounds: Bounds, leaves: Shape, device: torch.device = CPU) -> "Seen":
        """Room on `device` for so many batches of outputs."""
        outputs = torch.empty(bounds[-1][1], *leaves, device=device)
        sums = torch.zeros(4, dtype=torch.float64)
        return cls(torch.empty(len(bounds), device=device), outputs, sums)


@dataclass(frozen=True)
class Step:
    """What one gradient step needs; without an optimizer nothing moves."""

    network: nn.Module
    loss: nn.Module
    optimizer: torch.optim.Optimizer | None
    clip_grad_norm: float | None = None
    each_batch: Callable[[], None] | None = None

    def __call__(self, x: Tensor, y: Tensor, mixed: Mixed | None = None) -> tuple[Tensor, Tensor]:
        """Forward, backward, step: the batch's mean loss and its outputs, both detached."""
        outputs = self.network(x)
        loss = self.loss(shaped(outputs, y), y)
        if mixed is not None:
            other = self.loss(shaped(outputs, y), mixed.y)
            loss = mixed.share * loss + (1 - mixed.share) * other
        if x.device.type == "cpu" and not math.isfinite(loss.item()):
            raise NotFinite(loss.item())
        if self.optimizer is not None:
            self.optimizer.zero_grad()
            loss.backward()
            if self.clip_grad_norm is not None:
                nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_grad_norm)
            self.optimizer.step()
        if self.each_batch is not None:
            self.each_batch()
        return loss.detach(), outputs.detach()


def batches(rows: int, batch_size: int, at_least: int = 1) -> list[tuple[int, int]]:
    """Where batches start and end; a last one with fewer than `at_least` rows is left out."""
    starts = range(0, rows, batch_size)
    found = [(start, min(start + batch_size, rows)) for start in starts]
    return [batch for batch in found if batch[1] - batch[0] >= at_least]


def epoch(step: Step, rows: Entering, bounds: Bounds, seen: Seen, done: int = 0) -> Iterator[int]:
    """Trains on the batches that are not `done`, one after the other, yielding how many are."""
    step.network.train()
    first = bounds[done][0]
    part = rows.part(first, bounds[-1][1])
    for index, (start, stop) in enumerate(bounds[done:], done):
        try:
            loss, outputs = step(*part.batch(start - first, stop - first))
        except NotFinite as error:
            raise NotFinite(error.loss, index) from None
        seen.losses[index] = loss
        seen.outputs[start:stop] = outputs
        yield index + 1


@torch.no_grad()
def predict(network: nn.Module, x: Tensor, rows_at_once: int) -> Tensor:
    """The network's outputs in eval mode, (rows, *output shape)."""
    network.eval()
    return torch.cat([network(part) for part in torch.split(x, rows_at_once)])
