"""An epoch of our trainer, with all that it records, beside the loops that people write."""

import csv
import itertools
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier, MLPRegressor
from terminal.pty_lab import PROGRAM
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.measure import in_turns, machine
from tui_lab.runs.report import aligned

TRAIN = 0.7
DIGITS = "[{Linear: 64}, ReLU, {Linear: 32}, ReLU, {Linear: 10}]"
TINY = "[{Linear: 8}, ReLU, {Linear: 1}]"
SGD = {"lr": 0.01, "momentum": 0.9}


def main(rounds: int = 5) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUI_LAB_HOME"] = home
        compare("digits 64-64-32-10, batch 32", digits(Path(home)), rounds)
        compare("4-8-1, batch 2", tiny(Path(home)), rounds)


def compare(title: str, cases: dict[str, Callable[[], float]], rounds: int) -> None:
    """A table of seconds an epoch and of how many times faster than the DataLoader loop."""
    measured = in_turns(cases, rounds)
    medians = {name: statistics.median(seconds) for name, seconds in measured.items()}
    first = next(iter(medians.values()))
    rows = [["", "quickest ms", "median ms", "times as fast"]]
    for name, seconds in measured.items():
        best, middle = min(seconds) * 1000, medians[name] * 1000
        rows.append([name, f"{best:.2f}", f"{middle:.2f}", f"{first / medians[name]:.2f}"])
    print(f"\nOne epoch, {title} ({rounds} times in turns)\n{aligned(rows)}", flush=True)


def digits(home: Path) -> dict[str, Callable[[], float]]:
    """1,257 rows of 64 numbers and 10 classes."""
    x, y = load_digits(return_X_y=True)
    rows = int(len(y) * TRAIN)
    x = torch.tensor(x[:rows] / 16, dtype=torch.float32)
    sizes = (64, 64, 32, 10)
    sklearn = MLPClassifier(sizes[1:-1], solver="sgd", batch_size=32, learning_rate_init=0.01)
    classes = {"classes": list(range(10))}
    return {
        "DataLoader loop": dataloader(x, torch.tensor(y[:rows]), sizes, 32),
        "scikit-learn": lambda: timed(lambda: sklearn.partial_fit(x.numpy(), y[:rows], **classes)),
        "tui-lab": ours(home, "{name: digits, batch_size: 32}", DIGITS),
    }


def tiny(home: Path) -> dict[str, Callable[[], float]]:
    """700 rows of 4 numbers and a number to tell."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1000, 4, generator=generator)
    y = x.sum(1).sin()
    path = home / "tiny.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["a", "b", "c", "d", "y"], *torch.column_stack([x, y]).tolist()])
    x, y = x[:700], y[:700]
    sklearn = MLPRegressor(
        hidden_layer_sizes=(8,), solver="sgd", batch_size=2, learning_rate_init=0.01
    )
    return {
        "DataLoader loop": dataloader(x, y[:, None], (4, 8, 1), 2),
        "scikit-learn": lambda: timed(lambda: sklearn.partial_fit(x.numpy(), y.numpy())),
        "tui-lab": ours(home, f"{{csv: {path}, target: y, batch_size: 2}}", TINY),
    }


def dataloader(
    x: torch.Tensor, y: torch.Tensor, sizes: tuple[int, ...], batch_size: int
) -> Callable[[], float]:
    """The loop of every course."""
    layers: list[nn.Module] = []
    for enters, leaves in itertools.pairwise(sizes):
        layers += [nn.Linear(enters, leaves), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    loss = nn.MSELoss() if y.is_floating_point() else nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), **SGD)
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)

    def epoch() -> None:
        total = 0.0
        for inputs, targets in loader:
            optimizer.zero_grad()
            found = loss(network(inputs), targets)
            found.backward()
            optimizer.step()
            total += found.item() * len(inputs)

    return lambda: timed(epoch)


def timed(do: Callable[[], object]) -> float:
    """Seconds of a call."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def ours(
    home: Path, dataset: str, layers: str, few: int = 5, many: int = 45
) -> Callable[[], float]:
    """The trainer itself; two lengths, so that starting and the last tables fall out."""
    preset = home / f"{len(layers)}.yaml"
    preset.write_text(
        f"dataset: {dataset}\nlayers: {layers}\noptimizer: {{SGD: {json.dumps(SGD)}}}\n"
        "training: {device: cpu}\n"
    )

    def seconds(epochs: int) -> float:
        words = [PROGRAM, "train", str(preset), "--set", f"training.epochs={epochs}", "--json"]
        done = subprocess.run([*words, "--quiet"], capture_output=True, check=True)
        return float(json.loads(done.stdout)["seconds"])

    return lambda: (seconds(many) - seconds(few)) / (many - few)


if __name__ == "__main__":
    print(machine())
    main()
