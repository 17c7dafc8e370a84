"""PyTorch's own way: every layer, loss and optimizer, on every device."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tui_lab.experiment.network import Network
from tui_lab.experiment.work import rows_at_once
from tui_lab.training.loop import Rows, Seen, Step, epoch, predict


class AutogradEngine:
    """Trains by `loss.backward()` and `optimizer.step()`, over rows that lie on the device."""

    name = "autograd"

    def __init__(self, net: Network, step: Step, bounds: Sequence[tuple[int, int]]) -> None:
        self.step, self.bounds, self.rows_at_once = step, bounds, rows_at_once(net)
        self.random = torch.default_generator
        """Draws the masks of Dropout."""

    def train(self, rows: Rows, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""
        for _ in epoch(self.step, rows, self.bounds[:until], seen, done):
            pass

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, *output shape)."""
        return predict(self.step.network, x, self.rows_at_once)

    def take_over(self) -> None:
        """Nothing to do: it works on the optimizer's state as it is."""
