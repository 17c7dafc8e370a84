"""A sweep's directory as its process would have left it, with the same numbers every time."""

import json
import math
from typing import Any

from tui_lab.experiment.presets import load_preset
from tui_lab.runs.sweep_run import SweepRun, create_sweep


def recorded_sweep(trials: int = 8, wanted: int = 0, seeds: int = 1, **status: Any) -> SweepRun:
    """A sweep of which so many trials have ended."""
    changes = (f"sweep.trials={wanted or trials}", f"sweep.seeds={seeds}")
    run = create_sweep(load_preset("6.4-random-search", changes), "search")
    numbers = range(1, trials + 1)
    write(run, *(line(number, seed) for number in numbers for seed in range(seeds)))
    told = {"state": "finished", "name": "search", "started": 0, "seconds": 12.3, "workers": 2,
            "trials": wanted or trials, "dataset": "digits"}  # fmt: skip
    run.file("status.json").write_text(json.dumps(told | status))
    return run


def write(run: SweepRun, *lines: dict[str, Any]) -> None:
    with run.file("trials.jsonl").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def line(trial: int, seed: int = 0, **more: Any) -> dict[str, Any]:
    """A training that was the better, the larger its lr is."""
    lr, momentum = 10 ** -(4 - (trial * 0.37) % 2), 0.85 + (trial * 0.23) % 0.14
    curve = [[e, 0.05 + seed / 500 + 0.7 * math.exp(-e * (0.02 + 40 * lr))] for e in range(1, 21)]
    settings = {"optimizer.lr": float(f"{lr:.4g}"), "optimizer.momentum": round(momentum, 4)}
    return {"trial": trial, "seed": seed, "settings": settings, "state": "finished",
            "value": curve[-1][1], "best_epoch": 20, "epochs": 20, "curve": curve,
            "seconds": 0.5} | more  # fmt: skip
