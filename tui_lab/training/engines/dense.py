"""What the fast engines can train: a stack of simple layers, its loss and its optimizer."""

from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.experiment.layers import (
    AvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
)
from tui_lab.experiment.network import Network, Row
from tui_lab.experiment.shape import Shape
from tui_lab.training.engines.engine import Named
from tui_lab.training.loop import Step

PAD = 16
"""A row of weights is padded to a multiple of so many numbers, as in `native.cpp`."""
ACTIVATIONS = ("ReLU", "LeakyReLU", "Sigmoid", "Tanh")
LOSSES = ("CrossEntropyLoss", "BCEWithLogitsLoss", "MSELoss", "L1Loss", "SmoothL1Loss")
OPTIMIZERS = ("SGD", "Adam", "AdamW")
LEAST_EPS = 1e-37
"""The native engine rounds what is smaller to 0."""


def unfit(net: Network, step: Step) -> str:
    """What of a training the fast engines can't do, in a few words; empty if they can do it all."""
    convolved = False
    for row in net.rows:
        if not _fits(row, convolved):
            return type(row.layer).__name__
        convolved |= isinstance(row.layer, Conv2d)
    if len(net.leaves) != 1:
        return "a picture as output"
    if (loss := type(step.loss).__name__) not in LOSSES:
        return loss
    if step.optimizer is None:
        return "a network that is all frozen"
    if (optimizer := type(step.optimizer).__name__) not in OPTIMIZERS:
        return optimizer
    if step.optimizer.param_groups[0].get("eps", 1) < LEAST_EPS:
        return "so small an eps"
    return ""


def convolves(net: Network) -> bool:
    """Whether there is a convolution, which only the native engine can do of the fast ones."""
    return any(isinstance(row.layer, Conv2d) for row in net.rows)


def _fits(row: Row, convolved: bool) -> bool:
    layer = row.layer
    if isinstance(layer, Linear):
        return len(row.enters) == 1
    if isinstance(layer, LeakyReLU):
        return layer.negative_slope >= 0
    if isinstance(layer, Conv2d):
        return layer.groups == 1 and layer.padding_mode == "zeros"
    if isinstance(layer, MaxPool2d | AvgPool2d):
        return convolved and _is_plain(layer)
    if isinstance(layer, Flatten):
        return len(row.leaves) == 1
    return isinstance(layer, Dropout) or type(layer).__name__ in ACTIVATIONS


def _is_plain(pool: MaxPool2d | AvgPool2d) -> bool:
    """Whether every window of a mean is divided by the same number."""
    counts_all = isinstance(pool, MaxPool2d) or pool.count_include_pad or pool.padding == 0
    return counts_all and (isinstance(pool, MaxPool2d) or not pool.ceil_mode)


@dataclass(frozen=True)
class Part:
    """One layer as the engines see it: a sample is a row, from a convolution on a picture.

    That is the way from a convolution to the next Flatten.
    """

    key: str
    layer: Layer
    module: nn.Module
    shape_in: Shape
    shape_out: Shape
    in_planes: bool
    """Whether a picture enters as PyTorch lays it: all of the first channel, then of the next."""
    at: int
    """Where its parameters begin in the flat tensor."""

    @property
    def enters(self) -> int:
        """How many numbers of a sample enter it."""
        return prod(self.shape_in)

    @property
    def leaves(self) -> int:
        """How many numbers of a sample leave it."""
        return prod(self.shape_out)

    @property
    def moves(self) -> bool:
        """Whether its parameters are trained."""
        return any(p.requires_grad for p in self.module.parameters())

    @property
    def size(self) -> int:
        """How many numbers its parameters take in the flat tensor."""
        has_weights = isinstance(self.module, nn.Linear | nn.Conv2d)
        return self.inputs * padded(self.shape_out[0]) if has_weights else 0

    @property
    def inputs(self) -> int:
        """How many numbers a layer sums up for each output: with the 1 of its bias."""
        weight = self.module.get_parameter("weight")
        return prod(weight.shape[1:]) + (getattr(self.module, "bias", None) is not None)

    def matrix(self, flat: Tensor) -> Tensor:
        """Its place in `flat`: the weights as (in, out), and the bias as the last row.

        For a convolution, in is (kernel height, kernel width, in channels).
        """
        wide, out = padded(self.shape_out[0]), self.shape_out[0]
        return flat[self.at : self.at + self.size].view(-1, wide)[:, :out]


def padded(count: int) -> int:
    """The next multiple of `PAD`."""
    return -(-count // PAD) * PAD


class Flat:
    """All parameters of a stack, and what its optimizer remembers of them, in one piece each.

    The network's own parameters and the optimizer's own state become views of these tensors. The
    weights of a layer lie as (in, padded out), followed by its bias as one more row.
    """

    def __init__(self, net: Network, step: Step) -> None:
        assert step.optimizer is not None
        self.network, self.optimizer = step.network, step.optimizer
        self.counts = not isinstance(step.optimizer, torch.optim.SGD)
        """Whether the optimizer counts its steps."""
        self.parts, self.size = _parts(net, step.network)
        self.parameters = torch.zeros(self.size)
        self.memories = {name: torch.zeros(self.size) for name in _remembered(step.optimizer)}
        self.steps = torch.zeros(())
        """How many steps the optimizer has made."""
        with torch.no_grad():
            for part in self.parts:
                places = self.views(part, self.parameters)
                for parameter, view in zip(part.module.parameters(), places, strict=True):
                    parameter.data = view.copy_(parameter)
        self.take_over()

    def take_over(self) -> None:
        """Makes the optimizer's state, as it is now, views of the flat tensors."""
        counts = [state["step"] for state in self.optimizer.state.values() if "step" in state]
        self.steps.fill_(max(map(float, counts), default=0.0))
        for name, flat in self.memories.items():
            for part in self.parts:
                places = self.views(part, flat)
                for parameter, view in zip(part.module.parameters(), places, strict=True):
                    if parameter.requires_grad:
                        self._remember(parameter, name, view)

    def _remember(self, parameter: Tensor, name: str, view: Tensor) -> None:
        state: dict[str, Any] = self.optimizer.state[parameter]
        old = state.get(name)
        state[name] = view.zero_() if old is None else view.copy_(old.clone())
        if self.counts:
            state["step"] = self.steps

    def copied_weights(self) -> Named:
        """The network's `state_dict` as it is now."""
        copy = self.parameters.clone()
        return lambda: self._named(copy)

    def copied_memory(self) -> Named:
        """What the optimizer remembers now, by `index.name`."""
        copies = {name: flat.clone() for name, flat in self.memories.items()}
        steps = self.steps.clone()
        return lambda: self._memory(copies, steps)

    def _named(self, flat: Tensor) -> dict[str, Tensor]:
        """Views of `flat` by the names that they have in the network."""
        return {
            f"{part.key}.{name}": view
            for part in self.parts
            for name, view in zip(("weight", "bias"), self.views(part, flat), strict=False)
        }

    def _memory(self, flats: dict[str, Tensor], steps: Tensor) -> dict[str, Tensor]:
        names = {p: name for name, p in self.network.named_parameters()}
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        found: dict[str, Tensor] = {}
        for key, flat in flats.items():
            views = self._named(flat)
            found |= {f"{i}.{key}": views[names[p]] for i, p in enumerate(parameters)}
        if self.counts:
            found |= {f"{i}.step": steps.clone() for i in range(len(parameters))}
        return found

    def views(self, part: Part, flat: Tensor) -> list[Tensor]:
        """The places of a layer's weight and bias in `flat`, in PyTorch's shapes.

        A weight is (out, in), or (out, in channels, kernel height, kernel width).
        """
        if not part.size:
            return []
        channels, *kernel = part.module.get_parameter("weight").shape[1:]
        matrix, summed = part.matrix(flat), channels * prod(kernel)
        weight = matrix[:summed].view(*kernel, channels, -1).movedim((-1, -2), (0, 1))
        return [weight, *matrix[summed:]]


def _remembered(optimizer: torch.optim.Optimizer) -> tuple[str, ...]:
    """What it keeps for every parameter, by PyTorch's names."""
    if isinstance(optimizer, torch.optim.SGD):
        return ("momentum_buffer",) if optimizer.param_groups[0]["momentum"] else ()
    return ("exp_avg", "exp_avg_sq")


def _parts(net: Network, network: nn.Module) -> tuple[tuple[Part, ...], int]:
    """Every layer that does something, and how many numbers their parameters take."""
    parts, size, is_picture = [], 0, False
    for row in net.rows:
        flattens, convolves = isinstance(row.layer, Flatten), isinstance(row.layer, Conv2d)
        if flattens and not is_picture:
            continue
        module = network.get_submodule(row.key)
        begins = convolves and not is_picture
        is_picture = (is_picture or convolves) and not flattens
        enters = row.enters if is_picture or flattens else (prod(row.enters),)
        leaves = row.leaves if is_picture else (prod(row.leaves),)
        parts.append(Part(row.key, row.layer, module, enters, leaves, begins, size))
        size += parts[-1].size
    return tuple(parts), size
