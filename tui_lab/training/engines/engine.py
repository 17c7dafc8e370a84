"""What every engine can do."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from tui_lab.training.loop import Entering, Rows, Seen

Named = Callable[[], dict[str, Tensor]]
"""Copies of tensors, which get their names when they are asked for: copying must be quick."""


class Measured(NamedTuple):
    """How good some rows' outputs are."""

    loss: float
    """The mean over the rows."""
    accuracy: float
    """The share of rows whose class is right; 0 for numbers."""
    rmse: float
    """The root of the mean squared error; 0 for classes."""


class Engine(Protocol):
    """Trains the batches of an epoch, a slice after the other, to the same numbers as any other."""

    name: str
    random: torch.Generator
    """Draws the masks of Dropout."""

    def train(self, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, *output shape)."""

    def trained(self, rows: Entering, seen: Seen) -> Measured | None:
        """How good an epoch's outputs were, each when its batch was trained.

        In the network's own units; None if there is no quicker way than the judge's.
        """

    def validated(self, rows: Rows) -> Measured | None:
        """How good the outputs for `rows` are in eval mode; None as above."""

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""

    def take_over(self) -> None:
        """Goes on from the optimizer's state after it was loaded."""

    def copied_weights(self) -> Named:
        """The network's `state_dict` as it is now."""

    def copied_memory(self) -> Named:
        """What the optimizer remembers now, by `index.name`."""
