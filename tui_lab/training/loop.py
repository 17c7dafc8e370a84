"""The training loop: one epoch over tensors that already are on the device.

Nothing in an epoch waits for the device: no `.item()`, no copy to the CPU. The losses of the
batches gather in a tensor on the device and are read when the epoch is over; on the CPU, where
there is nothing to wait for, they can be looked at after every step.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tui_lab.training.objective import shaped


@dataclass(frozen=True)
class Rows:
    """Samples on a device: x (rows, *sample shape) float32; y (rows,) int64 or float32."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Step:
    """What one gradient step needs."""

    network: nn.Module
    loss: nn.Module
    optimizer: torch.optim.Optimizer | None
    clip_grad_norm: float | None = None
    each_batch: Callable[[], None] | None = None

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Forward, backward, step: the batch's mean loss and its outputs, both detached."""
        outputs = shaped(self.network(x), y)
        loss = self.loss(outputs, y)
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
    """Where batches start and end; a last one with fewer than `at_least` rows is left out.

    BatchNorm can't train on one row; with shuffling, another row sits out each epoch.
    """
    starts = range(0, rows, batch_size)
    found = [(start, min(start + batch_size, rows)) for start in starts]
    return [batch for batch in found if batch[1] - batch[0] >= at_least]


def epoch(
    step: Step,
    rows: Rows,
    bounds: list[tuple[int, int]],
    losses: Tensor,
    outputs: list[Tensor],
    shuffle: bool,
    generator: torch.Generator | None = None,
) -> Iterator[int]:
    """Trains one epoch, yielding the number of batches done after each.

    `losses` (batches,) receives each batch's mean loss; `outputs` what the network gave, in the
    order of the shuffled rows, and then the targets in the same order.
    """
    x, y = rows.x, rows.y
    if shuffle:
        order = torch.randperm(len(y), generator=generator).to(y.device)
        x, y = x[order], y[order]
    step.network.train()
    for index, (start, stop) in enumerate(bounds):
        loss, given = step(x[start:stop], y[start:stop])
        losses[index] = loss
        outputs.append(given)
        yield index + 1
    outputs.append(y[: bounds[-1][1]])


def mean_loss(losses: Tensor, bounds: list[tuple[int, int]]) -> float:
    """The mean over samples of the batches' mean losses."""
    sizes = torch.tensor([stop - start for start, stop in bounds], dtype=torch.float64)
    return float((losses.cpu().double() * sizes).sum() / sizes.sum())


@torch.no_grad()
def predict(network: nn.Module, x: Tensor, chunk: int = 4096) -> Tensor:
    """The network's outputs in eval mode, (rows, outputs)."""
    network.eval()
    return torch.cat([network(part) for part in torch.split(x, chunk)])
