"""Weights from a run or a file to start with, instead of random ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated

from pydantic import Field

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.named import Part
from tui_lab.experiment.network import Network, Row
from tui_lab.experiment.shape import Shape, written_shape

Key = Annotated[str, Field(min_length=1, max_length=40)]
FILES = {".safetensors": ".safetensors", ".pt": ".pt", ".pth": ".pt"}
"""The endings by which a file is told from a run, and the kind of file that each means."""
MOST_TOLD = 4
"""How many tensors that don't fit are listed."""


class Weights(Part):
    """The first weights of some layers are loaded; those of the others are random."""

    from_: Annotated[str, Field(alias="from", min_length=1, max_length=4096)]
    """A run's id or name, `last` for the newest run, or a .safetensors or .pt file."""
    layers: (
        Annotated[int, Field(ge=1)]
        | Annotated[tuple[Key, ...], Field(strict=False, min_length=1)]
        | None
    ) = None
    """How many layers from the first on, or their names; left out, all of them."""
    lr_factor: Annotated[float, Field(gt=0)] = 1.0
    """The loaded layers learn with lr times this."""

    @property
    def is_file(self) -> bool:
        """Whether the weights come from a file and not from a run."""
        return PurePath(self.from_).suffix.lower() in FILES

    def rows(self, net: Network) -> tuple[Row, ...]:
        """The layers of a network that get loaded weights; `BadInput` if it lacks one of them."""
        if not isinstance(self.layers, tuple):
            return self._first_rows(net, self.layers or len(net.rows))
        by_key = {row.key: row for row in net.rows}
        for key in self.layers:
            if key not in by_key:
                hint = nearest(key, by_key) or f" (there are: {', '.join(by_key)})"
                raise BadInput(f'there is no layer "{visible(key, 60)}"{hint}')
        return tuple(row for row in net.rows if row.key in self.layers)

    def places(self, net: Network) -> frozenset[int]:
        """The positions, from 0, of the layers that get loaded weights; none if one is lacking."""
        try:
            keys = {row.key for row in self.rows(net) if row.tensors}
        except BadInput:
            return frozenset()
        return frozenset(place for place, row in enumerate(net.rows) if row.key in keys)

    def _first_rows(self, net: Network, count: int) -> tuple[Row, ...]:
        if count > len(net.rows):
            raise BadInput(f"{count} are asked for, but the network has only {len(net.rows)}")
        return net.rows[:count]


@dataclass(frozen=True)
class Stored:
    """What is known of a tensor without reading its numbers; dtype as PyTorch calls it."""

    shape: Shape
    dtype: str


@dataclass(frozen=True)
class Misfit:
    """Why weights can't be loaded, and the `layers` that could be; None if no layer fits."""

    sentence: str
    layers: int | tuple[str, ...] | None

    @property
    def told(self) -> str:
        """The sentence with the nearest right thing."""
        return f"{self.sentence}; {self.remedy}"

    @property
    def remedy(self) -> str:
        """What to try instead."""
        if self.layers is None:
            return "start without weights"
        names = self.layers if isinstance(self.layers, int) else list(self.layers)
        return f"try layers: {names}"


def misfit(weights: Weights, net: Network, stored: Mapping[str, Stored]) -> Misfit | None:
    """What keeps the tensors of a file from being loaded into a network, or None."""
    try:
        rows = weights.rows(net)
    except BadInput as error:
        return Misfit(f"weights.layers: {error}", _fitting(weights, net, stored))
    wrong = [told for row in rows for told in _wrong(row, stored)]
    if weights.layers is None:
        ours = {name for row in rows for name in row.tensors}
        wrong += [f'"{name}" is in the file but not here' for name in stored if name not in ours]
    if not wrong:
        return None
    more = f" and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
    listed = visible(", ".join(wrong[:MOST_TOLD]), 500) + more
    sentence = f'the weights from "{visible(weights.from_, 200)}" don\'t fit: {listed}'
    return Misfit(sentence, _fitting(weights, net, stored))


def _wrong(row: Row, stored: Mapping[str, Stored]) -> list[str]:
    """A clause for each tensor of a layer that the file lacks or holds otherwise."""
    return [
        _difference(name, stored.get(name), wanted)
        for name, wanted in row.tensors.items()
        if stored.get(name) != Stored(*wanted)
    ]


def _difference(name: str, found: Stored | None, wanted: tuple[Shape, str]) -> str:
    if found is None:
        return f'"{name}" is not in the file'
    shape, dtype = wanted
    if found.shape != shape:
        return f'"{name}" is {_size(found.shape)} in the file but {_size(shape)} here'
    return f'"{name}" holds {found.dtype} in the file but {dtype} here'


def _size(shape: Shape) -> str:
    return written_shape(shape) or "one number"


def _fitting(
    weights: Weights, net: Network, stored: Mapping[str, Stored]
) -> int | tuple[str, ...] | None:
    """The `layers` nearest to those asked for that can be loaded and hold a parameter."""
    fits = [not _wrong(row, stored) for row in net.rows]
    if isinstance(weights.layers, tuple):
        good = (row.key for row, fit in zip(net.rows, fits, strict=True) if fit and row.tensors)
        return tuple(key for key in good if key in weights.layers) or None
    most = min(weights.layers or len(fits), len(fits))
    count = next((i for i, fit in enumerate(fits[:most]) if not fit), most)
    return count if any(row.tensors for row in net.rows[:count]) else None


def left_out(weights: Weights, net: Network, stored: Mapping[str, Stored]) -> dict[str, str]:
    """The tensors in the file that are not loaded, each with the reason."""
    loaded = {name for row in weights.rows(net) for name in row.tensors}
    here = {name for row in net.rows for name in row.tensors}
    layers = weights.layers if isinstance(weights.layers, int) else list(weights.layers or ())
    reasons = {True: f"left out by layers: {layers}", False: "there is no such layer here"}
    return {name: reasons[name in here] for name in stored if name not in loaded}
