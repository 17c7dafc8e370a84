"""The command line: one small function a command. Neither torch nor pandas is imported here."""

from tui_lab.cli import compare, datasets, keep, lists, predict, runs, steer, sweep, take, train
from tui_lab.cli.group import main

__all__ = [
    "compare",
    "datasets",
    "keep",
    "lists",
    "main",
    "predict",
    "runs",
    "steer",
    "sweep",
    "take",
    "train",
]
