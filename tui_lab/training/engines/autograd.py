"""PyTorch's own way: every layer, loss and optimizer, on every device."""

import torch
from torch import Tensor

from tui_lab.experiment.network import Network
from tui_lab.experiment.work import rows_at_once
from tui_lab.training.divergence import is_finite
from tui_lab.training.engines.engine import Measured, Named
from tui_lab.training.loop import Bounds, Entering, Rows, Seen, Step, epoch, predict


class AutogradEngine:
    """Trains by `loss.backward()` and `optimizer.step()`, over rows that lie on the device."""

    name = "autograd"

    def __init__(self, net: Network, step: Step, bounds: Bounds) -> None:
        self.step, self.bounds, self.rows_at_once = step, bounds, rows_at_once(net)
        self.random = torch.default_generator
        """Draws the masks of Dropout."""

    def train(self, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""
        for _ in epoch(self.step, rows, self.bounds[:until], seen, done):
            pass

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, *output shape)."""
        return predict(self.step.network, x, self.rows_at_once)

    def trained(self, rows: Entering, seen: Seen) -> Measured | None:
        """There is no quicker way than the judge's own."""
        return None

    def validated(self, rows: Rows) -> Measured | None:
        """There is no quicker way than the judge's own."""
        return None

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        return is_finite(self.step.network)

    def take_over(self) -> None:
        """Nothing to do: it works on the optimizer's state as it is."""

    def copied_weights(self) -> Named:
        """The network's `state_dict` as it is now."""
        return _copied(self.step.network.state_dict())

    def copied_memory(self) -> Named:
        """What the optimizer remembers now, by `index.name`."""
        return _copied(memory_of(self.step.optimizer))


def memory_of(optimizer: torch.optim.Optimizer | None) -> dict[str, Tensor]:
    """What an optimizer remembers, by `index.name`, without copying it."""
    state = optimizer.state_dict()["state"] if optimizer else {}
    return {
        f"{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def _copied(tensors: dict[str, Tensor]) -> Named:
    copies = {name: value.detach().clone() for name, value in tensors.items()}
    return lambda: copies
