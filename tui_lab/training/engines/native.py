"""The native engine: `native.cpp`, built with the package, trains whole slices in one call."""

import ctypes
import math
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.training.engines.dense import Part
from tui_lab.training.engines.engine import Measured
from tui_lab.training.engines.flat_engine import FlatEngine, growth
from tui_lab.training.engines.pictures import Picture, Side, picture, shrink, window
from tui_lab.training.loop import Bounds, Entering, NotFinite, Rows, Seen, Shuffled, Step

LIBRARY = Path(__file__).with_name("libnative.so")
KINDS = {"Linear": 0, "ReLU": 1, "LeakyReLU": 1, "Sigmoid": 2, "Tanh": 3, "Dropout": 4}
KINDS |= {"Conv2d": 5, "MaxPool2d": 6, "AvgPool2d": 7, "Flatten": 8}
LOSSES = {"CrossEntropyLoss": 0, "BCEWithLogitsLoss": 1, "MSELoss": 2, "L1Loss": 3}
LOSSES["SmoothL1Loss"] = 4
OPTIMIZERS = {"SGD": 0, "Adam": 1, "AdamW": 2}
int32, int64, real, address = ctypes.c_int32, ctypes.c_int64, ctypes.c_float, ctypes.c_void_p


class Layer(ctypes.Structure):
    """`struct Layer` of native.cpp."""

    _fields_ = (
        *((name, int32) for name in ("kind", "moves")),
        *((name, Picture) for name in ("enters", "leaves")),
        *((name, Side) for name in ("down", "across")),
        ("at", int64),
        *((name, int32) for name in ("has_bias", "in_planes")),
        *((name, real) for name in ("slope", "lr_factor")),
    )


class Plan(ctypes.Structure):
    """`struct Plan` of native.cpp."""

    _fields_ = (
        *((name, int64) for name in ("layers", "most_rows", "size", "threads")),
        *((name, address) for name in ("layer", "parameters", "first", "second")),
        *((name, int32) for name in ("loss", "optimizer")),
        ("class_weights", address),
        *((name, real) for name in ("smoothing", "beta", "momentum", "weight_decay", "clip")),
        ("nesterov", int32),
        *((name, ctypes.c_double) for name in ("beta1", "beta2", "eps")),
    )


class Batches(ctypes.Structure):
    """`struct Batches` of native.cpp."""

    _fields_ = (
        ("count", int64),
        *((name, address) for name in ("x", "y", "order", "rows", "lr", "masks")),
        ("steps", ctypes.c_double),
        *((name, address) for name in ("losses", "outputs", "sums")),
    )


Sums = ctypes.c_double * 4
"""`struct Measured` of native.cpp."""


@cache
def library() -> Any:
    """The compiled part of the package, or None where it isn't there or can't be used."""
    try:
        found = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    sizes = (int64(ctypes.sizeof(kind)) for kind in (Layer, Plan, Batches))
    if not found.tui_lab_fits(*sizes):  # it was built from another version
        return None
    found.tui_lab_train.restype = found.tui_lab_predict.restype = int64
    found.tui_lab_predict.argtypes = (address, int64, address, address, address, address)
    return found


class NativeEngine(FlatEngine):
    """Trains a stack on the CPU; the interpreter's lock is free meanwhile."""

    name = "native"

    def __init__(self, net: Network, step: Step, bounds: Bounds) -> None:
        super().__init__(net, step, bounds)
        has_classes = isinstance(step.loss, nn.CrossEntropyLoss)
        self._targets = torch.int64 if has_classes else torch.float32
        self._layers = (Layer * len(self.flat.parts))(*map(self._layer, self.flat.parts))
        self._starts = torch.tensor([*(start for start, _ in bounds), bounds[-1][1]])
        self._plan = self._planned()
        self._batches = Batches(lr=self.rates.data_ptr())
        self._sums = Sums()
        self._dropouts = [p for p in self.flat.parts if isinstance(p.module, nn.Dropout)]
        self._entered: tuple[Rows, Seen] | None = None
        """Whose addresses the batches hold."""
        self._judged: tuple[Rows, int, int] | None = None
        """The rows that were validated last, and the addresses of their x and y."""

    def train(self, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""
        if not 0 <= done < until <= len(self.bounds):
            raise ValueError(f"expected batches of {len(self.bounds)}, not {done} to {until}")
        self._enter(rows, seen)
        self.move_rates(until - done)
        masks, batches = self._masks(done, until), self._batches
        batches.count = until - done
        if self.flat.counts:
            batches.steps = float(self.flat.steps)
        batches.rows = self._starts.data_ptr() + 8 * done
        batches.masks = None if masks is None else masks.data_ptr()
        batches.losses = seen.losses.data_ptr() + 4 * done
        trained = _told(library().tui_lab_train(ctypes.byref(self._plan), ctypes.byref(batches)))
        if self.flat.counts:
            self.flat.steps.fill_(batches.steps + trained)
        if trained < until - done:
            raise NotFinite(float(seen.losses[done + trained]), done + trained)

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, outputs)."""
        rows, last = x.shape[0], self.flat.parts[-1]
        outputs = torch.empty(rows, last.leaves)
        self._predict(rows, self._samples(x, rows), None, outputs.data_ptr(), None)
        return outputs

    def trained(self, rows: Entering, seen: Seen) -> Measured:
        """What training has summed up."""
        numbers = _numbers(seen.sums, 4, torch.float64)
        sums = Sums.from_address(numbers.data_ptr())  # reading a tensor takes ten times as long
        return _measured(sums[:], self.bounds[-1][1])

    def validated(self, rows: Rows) -> Measured:
        """How good the outputs for `rows` are in eval mode."""
        count = rows.y.shape[0]
        if self._judged is None or self._judged[0] is not rows:
            y = _numbers(rows.y, count, self._targets).data_ptr()
            self._judged = rows, self._samples(rows.x, count), y
        _, x, y = self._judged
        self._predict(count, x, y, None, ctypes.addressof(self._sums))
        return _measured(self._sums[:], count)

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        return bool(library().tui_lab_is_finite(ctypes.byref(self._plan)))

    def _predict(self, rows: int, *addresses: int | None) -> None:
        _told(library().tui_lab_predict(ctypes.byref(self._plan), rows, *addresses))

    def _samples(self, x: Tensor, rows: int) -> int:
        """The address of so many rows' numbers."""
        return _numbers(x, rows * self.flat.parts[0].enters).data_ptr()

    def _layer(self, part: Part) -> Layer:
        has_bias = getattr(part.module, "bias", None) is not None
        pictures = picture(part.shape_in), picture(part.shape_out)
        places = *pictures, *window(part.module), part.at
        flags = has_bias, part.in_planes
        kind = KINDS[type(part.module).__name__]
        return Layer(kind, part.moves, *places, *flags, _slope(part), self.lr_factor(part))

    def _planned(self) -> Plan:
        loss, optimizer, flat = self.step.loss, self.flat.optimizer, self.flat
        group = optimizer.param_groups[0]
        memories = [memory.data_ptr() for memory in flat.memories.values()]
        weights = getattr(loss, "weight", None)
        beta1, beta2 = group.get("betas", (0.0, 0.0))
        return Plan(
            layers=len(flat.parts),
            most_rows=max(stop - start for start, stop in self.bounds),
            size=flat.size,
            threads=torch.get_num_threads(),
            layer=ctypes.addressof(self._layers),
            parameters=flat.parameters.data_ptr(),
            first=memories[0] if memories else None,
            second=memories[1] if memories[1:] else None,
            loss=LOSSES[type(loss).__name__],
            optimizer=OPTIMIZERS[type(optimizer).__name__],
            class_weights=None if weights is None else weights.data_ptr(),
            smoothing=getattr(loss, "label_smoothing", 0.0),
            beta=getattr(loss, "beta", 0.0),
            momentum=group.get("momentum", 0.0),
            weight_decay=group["weight_decay"],
            clip=self.step.clip_grad_norm or 0.0,
            nesterov=group.get("nesterov", False),
            beta1=beta1,
            beta2=beta2,
            eps=group.get("eps", 0.0),
        )

    def _masks(self, done: int, until: int) -> Tensor | None:
        """What Dropout keeps, layer after layer, batch by batch."""
        if not self._dropouts:
            return None
        sizes = [stop - start for start, stop in self.bounds[done:until]]
        masks = [self.draw_mask(part, rows) for rows in sizes for part in self._dropouts]
        return torch.cat([mask.flatten() for mask in masks])

    def _enter(self, rows: Entering, seen: Seen) -> None:
        """The compiled part looks at no size: everything is looked at here, if it is new."""
        order = rows.order if isinstance(rows, Shuffled) else None
        rows = rows.rows if isinstance(rows, Shuffled) else rows
        count, batches = self.bounds[-1][1], self._batches
        if self._entered is None or self._entered[0] is not rows or self._entered[1] is not seen:
            self._entered = rows, seen
            least = count if order is None else rows.y.shape[0]
            batches.x = self._samples(rows.x, least)
            batches.y = _numbers(rows.y, least, self._targets).data_ptr()
            _numbers(seen.losses, len(self.bounds))
            outputs = _numbers(seen.outputs, count * self.flat.parts[-1].leaves)
            batches.outputs = outputs.data_ptr()
            batches.sums = _numbers(seen.sums, 4, torch.float64).data_ptr()
        given = None if order is None else _numbers(order, count, torch.int64)
        batches.order = None if given is None else given.data_ptr()


def _slope(part: Part) -> float:
    """The number that a layer multiplies by, where there is one."""
    module = part.module
    if isinstance(module, nn.AvgPool2d):
        return shrink(module)
    if isinstance(module, nn.Dropout):
        return growth(part)
    return float(getattr(module, "negative_slope", 0.0))


def _numbers(x: Tensor, least: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """The tensor itself, if it holds at least so many numbers one after the other."""
    if x.dtype != dtype or x.numel() < least or not x.is_contiguous() or not x.is_cpu:
        raise ValueError(f"expected {least} numbers of {dtype}, not {x.dtype} {tuple(x.shape)}")
    return x


def _measured(sums: list[float], rows: int) -> Measured:
    loss, weight, squares, right = sums
    return Measured(loss / weight, right / rows, math.sqrt(squares / rows))


def _told(result: int) -> int:
    """What the compiled part gave back; it gives no more than one kind of trouble a number."""
    if result == -1:
        raise MemoryError("there is no memory for the batches")
    if result == -2:
        raise ValueError("a target is no class of the network's outputs")
    return result
