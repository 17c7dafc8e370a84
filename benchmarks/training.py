"""An epoch with its validation, in the lab and in what people use: the same rows and settings."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.peers.__main__ import CANDIDATES
from benchmarks.tasks import TASKS
from tui_lab.lab.widgets.plot import short
from tui_lab.runs.report import aligned

MEBIBYTE = 2**20
DENSE = tuple(CANDIDATES)
CONVOLUTIONAL = ("course", "compiled", "skorch", "Lightning", "tui-lab")
BUSY = ("course", "scikit-learn", "tui-lab")
BURN = "while True: sum(range(10**5))"


def main(rounds: int = 3) -> None:
    with tempfile.TemporaryDirectory() as home:
        for task, (title, sizes, *_) in TASKS.items():
            told = table(task, Path(home), rounds, 1, DENSE if sizes else CONVOLUTIONAL)
            print(f"\n{title}, one thread\n{told}", flush=True)
        print(f"\n{TASKS['digits'][0]}, all threads\n{table('digits', Path(home), rounds, 0)}")
        with busy():
            told = table("digits", Path(home), rounds, 0, BUSY)
        print(f"\n{TASKS['digits'][0]}, all threads, another process on every core\n{told}")


def table(task: str, home: Path, rounds: int, threads: int, names: tuple[str, ...] = DENSE) -> str:
    """Candidates in turns; medians, and how many times as fast as the course's loop."""
    found: dict[str, list[dict]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(measured(name, task, home, threads))
    seconds = {name: statistics.median(one["seconds"] for one in found[name]) for name in names}
    rows = [["", "ms an epoch", "times as fast", "validation loss", "accuracy", "peak MiB"]]
    for name in names:
        quality = found[name][0]["quality"]
        accuracy = f"{quality['accuracy']:.3f}" if "accuracy" in quality else "–"
        peak = statistics.median(one["peak"] for one in found[name]) / MEBIBYTE
        ratio = seconds["course"] / seconds[name]
        told = [short(seconds[name] * 1000), short(ratio), f"{quality['loss']:.3f}", accuracy]
        rows.append([name, *told, f"{peak:.0f}"])
    return aligned(rows)


def measured(name: str, task: str, home: Path, threads: int) -> dict:
    words = [sys.executable, "-m", "benchmarks.peers", name, task, str(home)]
    several = {"OMP_NUM_THREADS": str(threads), "XLA_FLAGS": one_thread} if threads else {}
    done = subprocess.run(
        [*words, "--threads", str(threads)],
        capture_output=True,
        check=True,
        env=os.environ | several,
    )
    return json.loads(done.stdout.splitlines()[-1])


one_thread = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Another process on every core."""
    others = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


if __name__ == "__main__":
    print(machine())
    main()
