"""From the layers of an Experiment to an `nn.Sequential`."""

from collections import OrderedDict

import torch
from torch import nn

from tui_lab.experiment.layers import Layer, Parametric, Weighted
from tui_lab.experiment.network import Network, Row


class Stack(nn.Sequential):
    """An `nn.Sequential` whose frozen layers stay in eval mode.

    Otherwise a frozen BatchNorm's running statistics would move with every batch.
    """

    _frozen: tuple[str, ...] = ()

    def train(self, mode: bool = True) -> "Stack":
        """Train or eval mode for all layers that are not frozen."""
        super().train(mode)
        for key in self._frozen:
            self.get_submodule(key).eval()
        return self


def build(net: Network) -> nn.Sequential:
    """The network in PyTorch; the same torch seed gives the same weights."""
    stack = Stack(OrderedDict((row.key, _module(row)) for row in net.rows))
    stack._frozen = tuple(row.key for row in net.rows if _is_frozen(row.layer))
    return stack.train()


def _is_frozen(layer: Layer) -> bool:
    return isinstance(layer, Parametric) and layer.frozen


def _module(row: Row) -> nn.Module:
    layer = row.layer
    module: nn.Module = getattr(nn, type(layer).__name__)(**layer.arguments_for(row.enters))
    if isinstance(layer, Weighted) and layer.initialisation != "default":
        with torch.no_grad():
            getattr(nn.init, f"{layer.initialisation}_")(module.weight)
    if _is_frozen(layer):
        module.requires_grad_(False)
    return module
