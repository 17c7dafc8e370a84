"""Loading weights into a network: all that was asked for, or nothing and a sentence on why."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.network import Network
from tui_lab.experiment.weights import Stored, Weights, left_out, misfit
from tui_lab.runs.source import initial_file
from tui_lab.runs.weights_file import tensors_in
from tui_lab.training.tensor_file import read_tensors


@dataclass(frozen=True)
class Loaded:
    """What was loaded, and what the file holds beside it."""

    layers: dict[int, int]
    """The positions, from 1, of the layers that were asked for, each with its parameter count."""
    names: tuple[str, ...]
    """The tensors that were loaded."""
    left: dict[str, str]
    """The tensors that were not, each with the reason."""
    lr_factor: float

    @property
    def slow(self) -> tuple[tuple[str, ...], float]:
        """What learns with a share of the rate, and the share."""
        return self.names, self.lr_factor

    def told(self) -> dict[str, Any]:
        """The same as JSON."""
        left = [{"name": name, "why": why} for name, why in self.left.items()]
        return {"layers": self.layers, "loaded": list(self.names), "left": left}


def load(network: nn.Module, net: Network, weights: Weights | None, folder: Path) -> Loaded | None:
    """Loads the run's own copy of the weights; `BadInput`, and nothing loaded, if one is wrong."""
    if weights is None:
        return None
    tensors = _read(initial_file(folder))
    stored = {name: _stored(tensor) for name, tensor in tensors.items()}
    if wrong := misfit(weights, net, stored):
        raise BadInput(wrong.told)
    own, rows = network.state_dict(), weights.rows(net)
    names = tuple(name for row in rows for name in row.tensors)
    _refuse_not_finite(tensors, names, weights)
    with torch.no_grad():
        for name in names:
            own[name].copy_(tensors[name])
    places = {row.key: place for place, row in enumerate(net.rows, start=1)}
    layers = {places[row.key]: row.total for row in rows}
    return Loaded(layers, names, left_out(weights, net, stored), weights.lr_factor)


def _read(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a file that was looked at and is as harmless as it should be."""
    tensors_in(path)
    if path.suffix == ".safetensors":
        return read_tensors(path, foreign=True)[0]
    try:
        found: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise anything
        told = visible(str(error), 100)
        raise BadInput(f"is damaged or was not written by torch.save ({told})", path) from None
    return found


def _stored(tensor: Tensor) -> Stored:
    return Stored(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))


def _refuse_not_finite(
    tensors: Mapping[str, Tensor], names: tuple[str, ...], weights: Weights
) -> None:
    for name in names:
        if not tensors[name].isfinite().all():
            wrong = int((~tensors[name].isfinite()).sum())
            raise BadInput(
                f'{wrong:,} of the {prod(tensors[name].shape):,} numbers of "{visible(name, 60)}" '
                f'in "{visible(weights.from_, 200)}" are infinite or not a number'
            )
