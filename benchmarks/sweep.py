"""A random search for lr and momentum on digits: a sweep, and Optuna around the course's loop.

Searches of different length are subtracted, so that importing and starting don't count; the whole
command's time, from a cold start to the leaderboard, stands beside it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from terminal.pty_lab import PROGRAM

from benchmarks.measure import in_turns, machine
from benchmarks.tasks import digits, load
from tui_lab.lab.widgets.plot import short
from tui_lab.runs.report import aligned

TRIALS, EPOCHS, FEW, TIMES = 100, 30, 10, 5
SETTINGS = {
    "optimizer.lr": {"LogUniform": [1e-4, 1e-1]},
    "optimizer.momentum": {"Uniform": [0.85, 0.99]},
}


def main(rounds: int = 3) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        cases = {
            "Optuna, 1 thread": lambda: optuna(home, threads=1),
            "Optuna, 2 threads": lambda: optuna(home, threads=2),
            "Optuna, 2 processes": lambda: optuna(home, processes=2),
            "tui-lab sweep": lambda: sweep(home),
        }
        found = in_turns(cases, rounds)
        cold = whole_command(home, TRIALS)
    medians = {name: sorted(seconds)[len(seconds) // 2] for name, seconds in found.items()}
    rows = [["", "seconds", "the sweep is so many times as fast"]]
    for name, seconds in medians.items():
        rows.append([name, f"{seconds:.2f}", short(seconds / medians["tui-lab sweep"])])
    print(f"\n{TRIALS} draws of {EPOCHS} epochs on digits 64-64-32-10\n{aligned(rows)}")
    print(f"The whole command, from a cold start to its leaderboard: {cold:.1f} s")


def optuna(home: Path, threads: int = 1, processes: int = 1) -> float:
    """Seconds of a whole search; of several processes each has its share of the draws."""
    words = [sys.executable, "-m", "benchmarks.sweep", "--home", str(home)]
    words += ["--threads", str(threads), "--trials", str(TRIALS // processes)]
    running = [
        subprocess.Popen([*words, "--seed", str(seed)], stdout=subprocess.PIPE)
        for seed in range(processes)
    ]
    return max(float(process.communicate()[0]) for process in running)


def search(home: Path, trials: int, threads: int, seed: int) -> float:
    """Seconds that Optuna takes, without importing."""
    from benchmarks.peers import optuna_search

    torch.set_num_threads(1)
    task = load("digits", home)
    start = time.perf_counter()
    optuna_search.search(task, trials, EPOCHS, threads, seed)
    return time.perf_counter() - start


def sweep(home: Path) -> float:
    """Seconds that as many draws take beyond a few: of several times as many, for starts differ."""
    return (whole_command(home, FEW + TIMES * TRIALS) - whole_command(home, FEW)) / TIMES


def whole_command(home: Path, trials: int) -> float:
    preset = home / "sweep.yaml"
    asked = digits(home, (64, 64, 32, 10)) | {"sweep": {"settings": SETTINGS}}
    asked["training"]["epochs"] = EPOCHS
    preset.write_text(json.dumps(asked))
    start = time.perf_counter()
    done = subprocess.run(
        [PROGRAM, "sweep", str(preset), "--trials", str(trials), "--json"],
        env=os.environ | {"TUI_LAB_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    assert json.loads(done.stdout)["state"] == "finished"
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path)
    for name in ("threads", "trials", "seed"):
        parser.add_argument(f"--{name}", type=int, default=0)
    asked = parser.parse_args()
    if asked.home:
        print(search(asked.home, asked.trials, asked.threads, asked.seed))
    else:
        print(machine())
        main()
