"""Which engine trains, decided in this one place, and why."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from tui_lab.experiment.network import Network
from tui_lab.training.engines import native
from tui_lab.training.engines.autograd import AutogradEngine
from tui_lab.training.engines.dense import unfit
from tui_lab.training.engines.native import NativeEngine
from tui_lab.training.loop import Rows, Seen, Step


class Engine(Protocol):
    """Trains the batches of an epoch, a slice after the other, to the same numbers as any other."""

    name: str
    random: torch.Generator
    """Draws the masks of Dropout."""

    def train(self, rows: Rows, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, *output shape)."""

    def take_over(self) -> None:
        """Goes on from the optimizer's state after it was loaded."""


def choose_engine(
    asked: str, net: Network, step: Step, bounds: Sequence[tuple[int, int]], mixes: bool
) -> tuple[Engine, str]:
    """The engine that was asked for if it can train this, else the quickest that can; and why."""
    kind, why = _choice(asked, net, step, mixes)
    return kind(net, step, bounds), why


def _choice(asked: str, net: Network, step: Step, mixes: bool) -> tuple[type, str]:
    device = next((p.device.type for p in step.network.parameters()), "cpu")
    reason = "mixup" if mixes else unfit(net, step)
    if asked == "autograd":
        return AutogradEngine, "autograd, as asked"
    if device != "cpu":
        return AutogradEngine, f"autograd: it trains on {device}"
    if reason:
        return AutogradEngine, f"autograd: {reason} needs it"
    if native.library() is None:
        return AutogradEngine, "autograd: there is no compiled engine on this machine"
    return NativeEngine, "native: a dense stack on the CPU"
