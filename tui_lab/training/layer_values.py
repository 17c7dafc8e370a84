"""What one row becomes on its way through the layers."""

from typing import Any

from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.experiment.shape import written_shape

SHOWN = 64
"""So many of a layer's values are told, the first ones."""


def layer_values(
    net: Network, network: nn.Sequential, x: Tensor
) -> tuple[Tensor, list[dict[str, Any]]]:
    """The outputs for one sample (1, *sample shape), and the values that leave each layer."""
    told = [_told("what enters", net.enters, x)]
    for place, (row, module) in enumerate(zip(net.rows, network, strict=True), start=1):
        x = module(x)
        name = f"{row.layer.name or place} {type(row.layer).__name__}"
        told.append(_told(name, row.leaves, x))
    return x, told


def _told(name: str, shape: tuple[int, ...], x: Tensor) -> dict[str, Any]:
    values = x.flatten().double()
    return {
        "name": name,
        "shape": written_shape(shape),
        "min": _short(values.min()),
        "mean": _short(values.mean()),
        "max": _short(values.max()),
        "values": [_short(value) for value in values[:SHOWN]],
    }


def _short(value: Tensor) -> float:
    return float(f"{float(value):.4g}")
