"""One candidate on one task in a process of its own: its seconds an epoch, quality and memory.

Two trainings of different length are subtracted, so that importing, compiling, starting and the
last tables don't count.
"""

import argparse
import importlib
import json
import resource
import sys
import time
from functools import partial
from pathlib import Path

import torch

from benchmarks.tasks import load

SECONDS = 1.0
"""How long the longer training takes beyond the shorter one, if that can be."""
CANDIDATES = {
    "course": ("course", {}),
    "compiled": ("compiled", {}),
    "scikit-learn": ("scikit_learn", {}),
    "skorch": ("skorch_net", {}),
    "Lightning": ("lightning_trainer", {}),
    "jax": ("jax_scan", {}),
    "tui-lab": ("lab", {}),
    "tui-lab torch": ("lab", {"engine": "torch"}),
    "tui-lab autograd": ("lab", {"engine": "autograd"}),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("candidate", choices=CANDIDATES)
    parser.add_argument("task")
    parser.add_argument("home", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    task = load(asked.task, asked.home)
    module, settings = CANDIDATES[asked.candidate]
    train = partial(importlib.import_module(f"benchmarks.peers.{module}").train, **settings)
    train(task, 1)
    few, quality = timed(train, task, task.epochs)
    seconds = an_epoch(train, task, few)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump({"seconds": seconds, "quality": quality, "peak": peak}, sys.stdout)


def an_epoch(train, task, few):
    """Seconds, by epochs that are added until they take long enough to be measured."""
    more = max(1, round(SECONDS / few * task.epochs))
    while True:
        many, _ = timed(train, task, task.epochs + more)
        if many - few >= SECONDS / 2:
            return (many - few) / more
        more *= 4


def timed(train, task, epochs):
    start = time.perf_counter()
    quality = train(task, epochs)
    return time.perf_counter() - start, quality


if __name__ == "__main__":
    main()
