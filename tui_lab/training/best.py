"""The weights of the best epoch so far, by validation loss."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tui_lab.experiment.experiment import EarlyStopping
from tui_lab.experiment.presets import write_file
from tui_lab.training.tensor_file import tensor_bytes


class Best:
    """Keeps the weights of the epoch with the least validation loss."""

    def __init__(self, stopping: EarlyStopping | None) -> None:
        self.stopping = stopping
        self.epoch, self.loss = 0, math.inf
        self._improved, self._reference = 0, math.inf
        """The last epoch better by `min_delta`, and its loss: what early stopping looks at."""
        self.weights: dict[str, Tensor] | None = None

    def keep(self, epoch: int, validation_loss: float, network: nn.Module) -> bool:
        """Copies the network's weights if this epoch is better; whether it was."""
        min_delta = self.stopping.min_delta if self.stopping else 0.0
        if validation_loss < self._reference - min_delta:
            self._improved, self._reference = epoch, validation_loss
        better = validation_loss < self.loss
        if better:
            self.epoch, self.loss = epoch, validation_loss
            self.weights = {name: value.clone() for name, value in network.state_dict().items()}
        return better

    def is_stale(self, epoch: int) -> bool:
        """Whether early stopping says that waiting longer is in vain."""
        return self.stopping is not None and epoch - self._improved >= self.stopping.patience

    def restore(self, network: nn.Module) -> None:
        """Gives the best weights back to the network; without any, it keeps those that it has."""
        if self.weights is not None:
            network.load_state_dict(self.weights)


def save_weights(network: nn.Module, path: Path, about: Mapping[str, Any]) -> None:
    """Replaces a safetensors file with the network's state_dict and what is told `about` it."""
    write_file(path, tensor_bytes(network.state_dict(), about))
