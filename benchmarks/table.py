"""From a CSV file of a million rows to the first batch, beside pandas + scikit-learn."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import machine
from tui_lab.runs.report import aligned

ROWS, COLUMNS = 1_000_000, 30
OURS = """
from tui_lab.data.prepare import prepare
from tui_lab.experiment.dataset import Csv
import tui_lab.data.csv_table

def first_batch(path):
    data = prepare(Csv(csv=path, target="y"))
    return torch.from_numpy(data.train.x)[:32], torch.from_numpy(data.train.y)[:32]
"""
THEIRS = """
import pandas
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

def first_batch(path):
    table = pandas.read_csv(path)
    y = table.pop("y")
    x, rest, y, others = train_test_split(table, y, train_size=0.7, stratify=y, random_state=0)
    halves = train_test_split(rest, others, train_size=0.5, stratify=others, random_state=0)
    scaler = StandardScaler()
    x = torch.from_numpy(scaler.fit_transform(x)).float()
    others = [torch.from_numpy(scaler.transform(half)).float() for half in halves[:2]]
    return x[:32], torch.from_numpy(y.to_numpy())[:32]
"""
AROUND = """
import json, resource, sys, time
import torch
{code}

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before, start = peak(), time.perf_counter()
first_batch(sys.argv[1])
taken = time.perf_counter() - start
print(json.dumps([taken, time.process_time(), peak() - before]))
"""


def write_table(path: Path) -> None:
    """Numbers with six digits behind the point, and a target of two classes."""
    random = np.random.default_rng(0)
    shapes = ["%.6f"] * (COLUMNS - 1) + ["%d"]
    with path.open("w") as file:
        file.write(",".join([*(f"x{i}" for i in range(COLUMNS - 1)), "y"]) + "\n")
        for _ in range(ROWS // 10_000):
            x = random.normal(size=(10_000, COLUMNS - 1))
            noise = random.normal(size=10_000)
            np.savetxt(file, np.column_stack([x, x[:, 0] + noise > 0]), shapes, ",")


def measured(code: str, path: Path, home: str) -> list[float]:
    """In a process of its own: its seconds, those without its start, CPU seconds, and bytes.

    The bytes are the memory that is needed at most beyond the libraries.
    """
    environment = os.environ | {"TUI_LAB_HOME": home, "OMP_NUM_THREADS": "1"}
    given = [sys.executable, "-c", AROUND.format(code=code), str(path)]
    start = time.perf_counter()
    done = subprocess.run(given, check=True, env=environment, capture_output=True, text=True)
    whole = time.perf_counter() - start
    return [whole, *json.loads(done.stdout)]


def main(rounds: int = 3) -> None:
    found: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_table(path)
        size = path.stat().st_size
        for number in range(rounds):
            home = f"{folder}/home{number}"
            cases = {
                "tui-lab, first": OURS,
                "tui-lab, again": OURS,
                "pandas + scikit-learn": THEIRS,
            }
            for name, code in cases.items():
                found.setdefault(name, []).append(measured(code, path, home))
    rows = [["", "whole process s", "to the first batch s", "CPU s", "memory MB"]]
    for name, tries in found.items():
        whole, inside, busy, memory = map(statistics.median, zip(*tries, strict=True))
        rows.append([name, f"{whole:.2f}", f"{inside:.2f}", f"{busy:.2f}", f"{memory / 1e6:.0f}"])
    tensors = ROWS * (COLUMNS - 1) * 4 / 1e6
    print(f"\n{ROWS:,} rows by {COLUMNS} columns, {size / 1e6:.0f} MB of CSV ", end="")
    print(f"(median of {rounds} in turns; the tensors alone are {tensors:.0f} MB)")
    print(aligned(rows), flush=True)


if __name__ == "__main__":
    print(machine())
    main()
