"""Measuring in turns, so that a busy minute hits all candidates alike, and telling it."""

import os
import platform
import statistics
import time
from collections.abc import Callable

import psutil

from tui_lab.runs.report import aligned

Measured = dict[str, list[float]]


def in_turns(cases: dict[str, Callable[[], float]], rounds: int) -> Measured:
    """Each case once a round: the seconds that it says it took."""
    found: Measured = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(case())
    return found


def show(title: str, measured: Measured, targets: dict[str, float]) -> None:
    """A table in milliseconds; whether the median, and at least the quickest, is in time."""
    rows = [["", "tries", "quickest ms", "median ms", "slowest ms", "target ms", ""]]
    for name, seconds in measured.items():
        best, middle, target = min(seconds), statistics.median(seconds), targets.get(name)
        said = "" if target is None else _judged(best, middle, target)
        limit = "–" if target is None else f"{target * 1000:.0f}"
        times = [f"{one * 1000:.1f}" for one in (best, middle, max(seconds))]
        rows.append([name, str(len(seconds)), *times, limit, said])
    print(f"\n{title}, in turns\n{aligned(rows)}", flush=True)


def _judged(best: float, middle: float, target: float) -> str:
    return "reached" if middle <= target else "at best" if best <= target else "missed"


def until(condition: Callable[[], object], seconds: float = 60.0) -> float:
    """Waits with a millisecond's precision: how long it took; TimeoutError if it never came."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > seconds:
            raise TimeoutError
        time.sleep(0.001)
    return time.perf_counter() - start


def machine() -> str:
    """What runs here, in general words, and how busy it is: numbers of a busy machine say less."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
