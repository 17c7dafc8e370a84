"""What all candidates train: the same rows, prepared once by the lab's own reader, and settings."""

import csv
import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.network import Network
from tui_lab.experiment.presets import load_preset
from tui_lab.training.network import build
from tui_lab.training.session import assemble

Quality = dict[str, float]
"""Of the validation rows after the last epoch: their loss and, of classes, the accuracy."""


@dataclass(frozen=True)
class Task:
    """Rows in float32, and a network."""

    title: str
    preset: Path
    sizes: tuple[int, ...]
    """Of the Linear layers, with ReLU between them; empty if there are other layers, too."""
    epochs: int
    """After how many the candidates' quality is compared."""
    experiment: Experiment
    net: Network
    x: Tensor
    y: Tensor
    """Class indices (rows,), or numbers (rows, 1)."""
    held_x: Tensor
    held_y: Tensor

    @property
    def has_classes(self) -> bool:
        return not self.y.is_floating_point()

    @property
    def batch_size(self) -> int:
        return self.experiment.dataset.batch_size

    @property
    def lr(self) -> float:
        return self.experiment.optimizer.lr

    @property
    def is_adam(self) -> bool:
        return type(self.experiment.optimizer).__name__ == "Adam"

    def network(self) -> nn.Sequential:
        """The network with the first weights that the lab's run has."""
        torch.manual_seed(self.experiment.training.seed)
        return build(self.net)

    def loss(self) -> nn.Module:
        return nn.CrossEntropyLoss() if self.has_classes else nn.MSELoss()

    def optimizer(self, parameters: Any) -> torch.optim.Optimizer:
        if self.is_adam:
            return torch.optim.Adam(parameters, lr=self.lr)
        return torch.optim.SGD(parameters, lr=self.lr, momentum=self.experiment.optimizer.momentum)

    def quality(self, outputs: Tensor | np.ndarray) -> Quality:
        """Of outputs (rows, classes) before the softmax, or (rows, 1)."""
        outputs = torch.as_tensor(np.array(outputs))
        found = {"loss": float(self.loss()(outputs, self.held_y))}
        if self.has_classes:
            hits = outputs.argmax(1) == self.held_y
            found["accuracy"] = float(hits.float().mean())
        return found


def load(name: str, home: Path) -> Task:
    """A task by its name; its rows are read, or generated in `home` if they aren't there yet."""
    title, sizes, epochs, settings = TASKS[name] if name in TASKS else grown(name)
    preset = home / f"{name}.yaml"
    preset.write_text(json.dumps(settings(home, sizes)))
    experiment = load_preset(str(preset))
    with tempfile.TemporaryDirectory() as folder:
        session = assemble(experiment, Path(folder))
    rows: list[Tensor] = []
    for split in (session.rows["train"], session.rows["validation"]):
        rows += [split.x, split.y[:, None] if split.y.is_floating_point() else split.y]
    return Task(title, preset, sizes, epochs, experiment, session.net, *rows)


def layers(sizes: tuple[int, ...]) -> list[Any]:
    """A stack as a preset writes it."""
    between = [part for size in sizes[1:] for part in ({"Linear": size}, "ReLU")]
    return between[:-1]


def digits(home: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    return {
        "dataset": {"name": "digits", "batch_size": 32},
        "layers": layers(sizes),
        "optimizer": {"SGD": {"lr": 0.01, "momentum": 0.9}},
        "training": {"device": "cpu"},
    }


def convolutional(home: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Two 3x3 convolutions, of 16 and of 32 channels."""
    convolutions = [
        part
        for channels in (16, 32)
        for part in ({"Conv2d": {"out_channels": channels, "kernel_size": 3, "padding": 1}}, "ReLU")
    ]
    return digits(home, sizes) | {"layers": [*convolutions, "Flatten", {"Linear": 10}]}


def tiny(home: Path, sizes: tuple[int, ...], batch_size: int = 2) -> dict[str, Any]:
    """700 training rows of 4 numbers, and a number to tell."""
    path = home / "tiny.csv"
    if not path.exists():
        generator = torch.Generator().manual_seed(0)
        x = torch.rand(1000, sizes[0], generator=generator)
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*(f"x{column}" for column in range(sizes[0])), "y"])
            writer.writerows(torch.column_stack([x, x.sum(1).sin()]).tolist())
    return {
        "dataset": {"csv": str(path), "target": "y", "batch_size": batch_size},
        "layers": layers(sizes),
        "optimizer": {"SGD": {"lr": 0.01, "momentum": 0.9}},
        "training": {"device": "cpu"},
    }


def tiny_by_32(home: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    return tiny(home, sizes, batch_size=32)


def large(home: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """60,000 training rows of 28x28, in MNIST's own form and size."""
    return pictures(home, sizes, 60_000, 128) | {"optimizer": {"Adam": {"lr": 0.001}}}


def grown(name: str) -> tuple[str, tuple[int, ...], int, Callable[..., dict[str, Any]]]:
    """A task by its measures: `rows-width-depth-batch`, with `depth` hidden layers."""
    rows, width, depth, batch_size = (int(word) for word in name.split("-"))
    sizes = (64, *[width] * depth, 10)
    return name, sizes, 1, lambda home, sizes: pictures(home, sizes, rows, batch_size)


def pictures(home: Path, sizes: tuple[int, ...], rows: int, batch_size: int) -> dict[str, Any]:
    """Ten patterns under noise, with a sixth more rows than train, to validate and test on."""
    path, side = home / f"{rows}-{sizes[0]}.npz", math.isqrt(sizes[0])
    if not path.exists():
        draw = np.random.default_rng(0)
        patterns = draw.integers(0, 120, (10, side, side))
        y = draw.integers(0, 10, round(rows * 7 / 6))
        x = (patterns[y] + draw.integers(0, 136, (len(y), side, side))).astype(np.uint8)
        np.savez(path, x=x, y=y)
    shares = [6 / 7, 0.5 / 7, 0.5 / 7]
    return {
        "dataset": {"pictures": str(path), "batch_size": batch_size, "split": shares},
        "layers": ["Flatten", *layers(sizes)],
        "optimizer": {"SGD": {"lr": 0.01, "momentum": 0.9}},
        "training": {"device": "cpu"},
    }


TASKS = {
    "digits": ("digits 64-64-32-10, batch 32, SGD", (64, 64, 32, 10), 20, digits),
    "tiny-2": ("4-8-1, batch 2, SGD", (4, 8, 1), 20, tiny),
    "tiny-32": ("4-8-1, batch 32, SGD", (4, 8, 1), 20, tiny_by_32),
    "large": ("784-256-128-10, batch 128, Adam", (784, 256, 128, 10), 1, large),
    "conv": ("digits, convolutions of 16 and 32 channels, batch 32, SGD", (), 5, convolutional),
}
