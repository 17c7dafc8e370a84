"""A thousand runs, one of 100,000 epochs: to the list, through it, to the long run's curves."""

import json
import os
import random
import tempfile
import time
from pathlib import Path

import psutil
from lab.recorded import summary
from terminal.pty_lab import PROGRAM, PtyLab, trainers

from benchmarks.latency import is_quiet
from benchmarks.measure import Measured, machine, show, until
from tui_lab.experiment.presets import load_preset, resolved
from tui_lab.runs.run import Run, create_run

RUNS, EPOCHS, BATCHES, BATCH_EVENTS = 1000, 100_000, 40, 2000
IDLE_SECONDS = 3.0
LAST_EPOCH = "1e5"
"""So it stands under the curves once they are all there."""
TABLES, CURVES = "Enter to the long run's tables", "and to the end of its curves"
MEANWHILE = "a key meanwhile"
TARGETS = {
    "r to the list": 0.2,
    "a letter in the filter": 0.05,
    "down in the list": 0.05,
    TABLES: 0.5,
    CURVES: 0.5,
    MEANWHILE: 0.05,
}


def main(rounds: int = 5) -> None:
    measured: Measured = {name: [] for name in TARGETS}
    idle, grown = [], []
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUI_LAB_HOME"] = home
        make_runs()
        for _ in range(rounds):
            lab = PtyLab([PROGRAM, "digits"])
            lab.wait_for("6,570")
            until(lambda: trainers(Path(home)) and is_quiet(trainers(Path(home))[0].pid))
            idle.append(through_the_list(lab, measured))
            grown.append(into_the_long_run(lab, measured))
            lab.close()
    show(f"{RUNS:,} runs, one of {EPOCHS:,} epochs", measured, TARGETS)
    print(f"bytes to the terminal in {IDLE_SECONDS:.0f} idle seconds: {max(idle)} (target 0)")
    print(f"memory that opening the long run takes: {max(grown) / 2**20:.1f} MiB")


def make_runs() -> None:
    """Ended runs as trainers leave them, and as the newest the long one."""
    numbers, experiment = random.Random(0), load_preset("digits")
    text = resolved(experiment)
    for number in range(RUNS - 1):
        run = create_run(experiment, f"digits {number % 7}")
        run.file("experiment.yaml").write_text(text)
        ended(run, started=number, accuracy=numbers.random(), epochs=30)
    long = create_run(experiment, "long")
    ended(long, started=RUNS, accuracy=0.9, epochs=EPOCHS)
    with long.file("events.jsonl").open("w") as file:
        for event in events(numbers):
            file.write(json.dumps(event) + "\n")


def ended(run: Run, started: float, accuracy: float, epochs: int) -> None:
    told = {"state": "finished", "name": run.id, "started": started * 60, "epoch": epochs}
    more = {"epochs": epochs, "seconds": 1.5, "dataset": "digits", "device": "cpu"}
    run.file("status.json").write_text(json.dumps(told | more))
    run.file("summary.json").write_text(json.dumps(summary(accuracy)))


def events(numbers: random.Random):  # type: ignore[no-untyped-def]
    """An epoch's event each, and as many of batches as a trainer tells."""
    yield {"event": "started", "epochs": EPOCHS, "batches": BATCHES, "rows": {"test": 270}}
    for epoch in range(1, EPOCHS + 1):
        if epoch % (EPOCHS // BATCH_EVENTS) == 0:
            yield {"event": "batch", "step": epoch * BATCHES, "loss": numbers.random()}
        tables = {
            split: {"loss": numbers.random(), "accuracy": numbers.random()}
            for split in ("train", "validation")
        }
        yield {"event": "epoch", "epoch": epoch, "lr": 0.05, **tables}


def through_the_list(lab: PtyLab, measured: Measured) -> int:
    """Opens the list, moves, filters: the bytes sent in idle seconds."""
    measured["r to the list"].append(to_words(lab, "r", f"Runs: {RUNS:,}", "long-1"))
    for _ in range(5):
        measured["down in the list"].append(to_change(lab, "\x1b[B"))
    time.sleep(1.0)
    before = len(lab.received)
    time.sleep(IDLE_SECONDS)
    idle = len(lab.received) - before
    lab.wait_for_change("/")
    for letter in "long":
        measured["a letter in the filter"].append(to_change(lab, letter))
    lab.wait_for("Runs: 1 of")
    lab.wait_for_change("\r")
    return idle


def into_the_long_run(lab: PtyLab, measured: Measured) -> int:
    """Opens the long run, twice, the second time with keys: how many bytes of memory it took."""
    process = psutil.Process(lab.process.pid)
    before = process.memory_info().rss
    start = time.perf_counter()
    measured[TABLES].append(to_words(lab, "\r", "weights of epoch"))
    until(lambda: LAST_EPOCH in lab.screen.text)
    measured[CURVES].append(time.perf_counter() - start)
    grown = process.memory_info().rss - before
    to_words(lab, "r", f"Runs: {RUNS:,}", "long-1", "Filter")
    lab.press("\r")
    until(lambda: "Filter" not in lab.screen.text)
    for key in ("\x1b[B", "\x1b[A") * 2:
        measured[MEANWHILE].append(to_change(lab, key))
    return grown


def to_words(lab: PtyLab, keys: str, *words: str) -> float:
    lab.press(keys)
    return until(lambda: all(word in lab.screen.text for word in words))


def to_change(lab: PtyLab, keys: str) -> float:
    """Seconds from keys to the first bytes that come back."""
    time.sleep(0.05)
    before = len(lab.received)
    lab.press(keys)
    return until(lambda: len(lab.received) > before)


if __name__ == "__main__":
    print(machine())
    main()
