"""What the two fast engines share: flat parameters, learning rates, the masks' random numbers."""

import math

import torch
from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.training.engines.dense import Flat, Part
from tui_lab.training.engines.engine import Named
from tui_lab.training.loop import Bounds, Step


class FlatEngine:
    """Over a stack, whose parameters lie in one flat tensor."""

    def __init__(self, net: Network, step: Step, bounds: Bounds) -> None:
        self.step, self.flat, self.bounds = step, Flat(net, step), bounds
        self.random = torch.Generator()
        """Draws the masks of Dropout; its own, so that trainings don't disturb each other."""
        self.random.set_state(torch.get_rng_state())
        self.rates = torch.empty(len(bounds), dtype=torch.float64)
        """The learning rates of the next batches."""
        self._rate = math.nan
        """The one that they all are, if no batch moves it."""

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        numbers = self.flat.parameters
        # if the sum isn't, it may be that it alone is too large
        return math.isfinite(numbers.sum()) or bool(numbers.isfinite().all())

    def take_over(self) -> None:
        """Goes on from the optimizer's state after it was loaded."""
        self.flat.take_over()

    def copied_weights(self) -> Named:
        """The network's `state_dict` as it is now."""
        return self.flat.copied_weights()

    def copied_memory(self) -> Named:
        """What the optimizer remembers now, by `index.name`."""
        return self.flat.copied_memory()

    def move_rates(self, count: int) -> None:
        """The first `count` of `rates` become those of the next batches; moves the schedule on."""
        group, each_batch = self.flat.optimizer.param_groups[0], self.step.each_batch
        if each_batch is None:
            if group["lr"] != self._rate:
                self._rate = group["lr"]
                self.rates.fill_(self._rate)
            return
        for index in range(count):
            self.rates[index] = group["lr"]
            each_batch()

    def lr_factor(self, part: Part) -> float:
        """A layer's share of the learning rate; loaded layers may learn more slowly."""
        for group in self.flat.optimizer.param_groups:
            if any(p is own for p in group["params"] for own in part.module.parameters()):
                return float(group.get("lr_factor", 1.0))
        return 1.0

    def draw_mask(self, part: Part, rows: int) -> Tensor:
        """Ones for what Dropout keeps, (rows, numbers): drawn as `nn.Dropout` does it."""
        mask, p = torch.ones(rows, part.enters), drops(part)
        if p == 1:
            return mask.zero_()
        return mask.bernoulli_(1 - p, generator=self.random) if p else mask


def drops(part: Part) -> float:
    """The probability with which a Dropout layer drops a number; 0 for other layers."""
    return part.module.p if isinstance(part.module, nn.Dropout) else 0.0


def growth(part: Part) -> float:
    """By how much the numbers grow that a Dropout layer keeps."""
    p = drops(part)
    return 1 / (1 - p) if p < 1 else 0.0
