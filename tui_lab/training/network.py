"""From the layers of an Experiment to an `nn.Sequential`."""

from collections import OrderedDict

import torch
from torch import nn

from tui_lab.experiment.layers import Parametric, Weighted
from tui_lab.experiment.network import Network, Row


def build(net: Network) -> nn.Sequential:
    """The network in PyTorch; the same torch seed gives the same weights."""
    return nn.Sequential(OrderedDict((row.key, _module(row)) for row in net.rows))


def _module(row: Row) -> nn.Module:
    layer = row.layer
    module: nn.Module = getattr(nn, type(layer).__name__)(**layer.arguments_for(row.enters))
    if isinstance(layer, Weighted) and layer.initialisation != "default":
        with torch.no_grad():
            getattr(nn.init, f"{layer.initialisation}_")(module.weight)
    if isinstance(layer, Parametric) and layer.frozen:
        module.requires_grad_(False)
    return module
