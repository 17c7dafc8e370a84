"""How long a learner waits: from Train to the first loss, from a key to the screen; idle bytes."""

import os
import tempfile
import time
from pathlib import Path

import psutil
from terminal.pty_lab import PROGRAM, PtyLab, trainers

from benchmarks.measure import Measured, machine, show, until

IDLE_SECONDS = 2.0
PRESET = """
dataset: {name: digits}
layers: [{Linear: 64}, ReLU, {Linear: 32}, ReLU, {Linear: 10}]
training: {epochs: 100000}
"""


def main(rounds: int = 5) -> None:
    measured: Measured = {"Train to first loss": [], "key to screen while training": []}
    idle = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as home:
            os.environ["TUI_LAB_HOME"] = home
            idle.append(one_lab(Path(home), *measured.values()))
    targets = dict(zip(measured, (0.3, 0.05), strict=True))
    show("Waiting", measured, targets)
    print(f"bytes to the terminal in {IDLE_SECONDS:.0f} idle seconds: {max(idle)} (target 0)")


def one_lab(home: Path, losses: list[float], keys: list[float]) -> int:
    """Opens a lab, lets it idle, trains, presses keys, and leaves: the idle bytes."""
    preset = home / "long.yaml"
    preset.write_text(PRESET)
    lab = PtyLab([PROGRAM, str(preset)])
    lab.wait_for("6,570")
    until(lambda: trainers(home))
    until(lambda: is_quiet(trainers(home)[0].pid) and is_quiet(lab.process.pid))
    before = len(lab.received)
    time.sleep(IDLE_SECONDS)
    idle = len(lab.received) - before
    lab.press("t")
    losses.append(until(lambda: has_loss(home)))
    lab.wait_for(" epoch ")
    for _ in range(10):
        keys += [key_to_screen(lab, "\x1b[B"), key_to_screen(lab, "\x1b[A")]
    lab.close()
    for trainer in trainers(home):
        trainer.kill()
        trainer.wait()
    return idle


def key_to_screen(lab: PtyLab, key: str) -> float:
    """Seconds until the list of layers, which nothing else redraws, is drawn anew."""
    time.sleep(0.1)
    before = len(lab.received)
    lab.press(key)
    return until(lambda: b"Linear" in lab.received[before:])


def has_loss(home: Path) -> bool:
    """Whether a run has its first loss."""
    found = list(home.glob("runs/*/events.jsonl"))
    return bool(found) and b'"batch"' in found[0].read_bytes()


def is_quiet(pid: int) -> bool:
    """Whether a process computes nothing, so that the warm trainer is warm."""
    process = psutil.Process(pid)
    before = process.cpu_times()
    time.sleep(0.3)
    return process.cpu_times() == before


if __name__ == "__main__":
    print(machine())
    main()
