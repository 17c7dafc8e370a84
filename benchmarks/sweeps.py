"""A sweep of 100 draws and 30 epochs on digits, beside Optuna around the loop of every course.

The lab's seconds are those from handing the sweep to the warm trainer, as a key press does, to the
finished leaderboard. Optuna has two processes, which share the cores as the lab's threads do; their
starting and importing are not counted, and 20 draws are taken for a fifth of 100.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch

from benchmarks.measure import in_turns, machine, show
from benchmarks.peers.course import train
from benchmarks.tasks import Task, load
from tui_lab.experiment.presets import load_preset
from tui_lab.runs.start import WarmTrainer
from tui_lab.runs.sweep_run import create_sweep

DRAWS, EPOCHS, PEER_DRAWS, ROUNDS, WARM_SECONDS = 100, 30, 20, 3, 15
SWEEP = (
    "sweep={trials: %d, metric: accuracy, settings: {optimizer.lr: {LogUniform: [0.001, 0.3]}, "
    "optimizer.momentum: {Uniform: [0.5, 0.95]}}}"
)


def lab() -> float:
    """Seconds from the key press on; the process is warm, as it is in the lab."""
    changes = (f"training.epochs={EPOCHS}", SWEEP % DRAWS)
    warm = WarmTrainer()
    time.sleep(WARM_SECONDS)
    begun = time.perf_counter()
    run = create_sweep(load_preset("digits", changes), "benchmark")
    process = warm.sweep(run, workers=2)
    warm.close()
    process.wait()
    seconds = time.perf_counter() - begun
    assert len(run.attempts()) == DRAWS, run.status()
    return seconds


def optuna_around_the_loop() -> float:
    """Seconds for as many draws, by the slower of two processes."""
    command = [sys.executable, "-m", "benchmarks.sweeps", "peer"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    seconds = max(float(process.communicate()[0]) for process in both)
    return seconds * DRAWS / PEER_DRAWS


@dataclass(frozen=True)
class Drawn(Task):
    """A task with settings of its own."""

    drawn: dict[str, float]

    def optimizer(self, parameters: Any) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, **self.drawn)


def peer() -> float:
    """Half of the peer's draws in this process."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        task = load("digits", Path(home))

    def objective(trial: optuna.Trial) -> float:
        drawn = {
            "lr": trial.suggest_float("lr", 0.001, 0.3, log=True),
            "momentum": trial.suggest_float("momentum", 0.5, 0.95),
        }
        return train(Drawn(**vars(task), drawn=drawn), EPOCHS)["accuracy"]

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler())
    begun = time.perf_counter()
    study.optimize(objective, n_trials=PEER_DRAWS // 2)
    return time.perf_counter() - begun


def main() -> None:
    cases = {"tui-lab": lab, "Optuna and the course's loop": optuna_around_the_loop}
    measured = in_turns(cases, ROUNDS)
    show(f"a sweep of {DRAWS} draws and {EPOCHS} epochs on digits", measured, {})
    ratios = [b / a for a, b in zip(*measured.values(), strict=True)]
    print(f"times as fast, round by round: {', '.join(f'{ratio:.0f}' for ratio in ratios)}")


if __name__ == "__main__":
    if sys.argv[1:] == ["peer"]:
        print(peer())
    else:
        print(machine())
        main()
