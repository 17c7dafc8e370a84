"""How long a learner waits: for the first loss, for the screen, for a sweep; and idle bytes."""

import contextlib
import os
import re
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
SWEEP = (
    PRESET.replace("100000", "30")
    + """
sweep:
  trials: {trials}
  settings: {optimizer.lr: {LogUniform: [1e-4, 1e-1]}}
"""
)
FEW, MANY = 100, 3000
"""Draws for one leaderboard, and so many that there is time to press keys meanwhile."""
HIGHLIGHTED = re.compile(r"trial (\d+) loss")
"""Stands above the curves of a sweep."""
RANKED = re.compile(r"^ *\d+ +\d+ .*✓ finished", re.MULTILINE)
"""A trial in the leaderboard."""
PLACE = 2
"""How far down the keys begin: on top it is always the best trial that is highlighted."""


def main(rounds: int = 5) -> None:
    measured: Measured = {"Train to first loss": [], "key to screen while training": []}
    sweeping: Measured = {f"t to {FEW} trained draws": [], "key to screen while sweeping": []}
    idle = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as home:
            os.environ["TUI_LAB_HOME"] = home
            idle.append(one_lab(Path(home), *measured.values()))
            sweeps(Path(home), *sweeping.values())
    targets = dict(zip(measured, (0.3, 0.05), strict=True))
    show("Waiting", measured, targets)
    show("A sweep", sweeping, dict(zip(sweeping, (10.0, 0.05), strict=True)))
    print(f"bytes to the terminal in {IDLE_SECONDS:.0f} idle seconds: {max(idle)} (target 0)")


def one_lab(home: Path, losses: list[float], keys: list[float]) -> int:
    """Opens a lab, lets it idle, trains, presses keys, and leaves: the idle bytes."""
    lab = warm_lab(home, PRESET)
    before = len(lab.received)
    time.sleep(IDLE_SECONDS)
    idle = len(lab.received) - before
    lab.press("t")
    losses.append(until(lambda: has_loss(home)))
    lab.wait_for(" epoch ")
    for _ in range(10):
        keys += [key_to_screen(lab, "\x1b[B"), key_to_screen(lab, "\x1b[A")]
    close(lab, home)
    return idle


def warm_lab(home: Path, text: str) -> PtyLab:
    """A lab on a preset whose warm trainer is warm."""
    preset = home / "preset.yaml"
    preset.write_text(text)
    lab = PtyLab([PROGRAM, str(preset)])
    lab.wait_for("6,570")
    until(lambda: trainers(home))
    until(lambda: is_quiet(trainers(home)[0].pid) and is_quiet(lab.process.pid))
    return lab


def close(lab: PtyLab, home: Path) -> None:
    """Ends the lab, whose warm trainer goes with it, and those that train."""
    lab.close()
    for trainer in trainers(home):
        with contextlib.suppress(psutil.NoSuchProcess):
            trainer.kill()
            trainer.wait()


def sweeps(home: Path, boards: list[float], keys: list[float]) -> None:
    """Sweeps few draws to the end, and goes from trial to trial while many are swept."""
    for trials in (FEW, MANY):
        lab = warm_lab(home, SWEEP.replace("{trials}", str(trials)))
        lab.press("S")
        lab.wait_for("Enter edits")
        lab.press("t")
        if trials == FEW:
            boards.append(until(lambda lab=lab: f"finished {FEW}/{FEW}" in lab.screen.text))
        else:
            lab.wait_for("left")
            lab.wait(lambda lab=lab: len(RANKED.findall(lab.screen.text)) > PLACE)
            lab.press("\x1b[B" * PLACE)
            time.sleep(1)  # the keys are counted from here on
            for _ in range(20):
                keys += [trial_to_screen(lab, "\x1b[B"), trial_to_screen(lab, "\x1b[A")]
        close(lab, home)


def trial_to_screen(lab: PtyLab, key: str) -> float:
    """Seconds until the curve of another trial is highlighted, which nothing but a key does."""
    time.sleep(0.1)
    before = HIGHLIGHTED.findall(lab.screen.text)
    lab.press(key)
    return until(lambda: HIGHLIGHTED.findall(lab.screen.text) not in ([], before))


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
