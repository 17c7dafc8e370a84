"""When something goes wrong around the lab or in it, it says so in a sentence."""

import os
import signal
import sys
import time

import psutil
import pytest
from terminal.pty_lab import trainers, waited

BREAKING = """
import sys
from pathlib import Path
from tui_lab.experiment.presets import load_preset
from tui_lab.lab.app import open_lab
from tui_lab.lab.screens.main import Main

def broken(*_):
    raise ValueError("a mistake \\x1b]0;of our own")

ways = {
    "handler": broken,
    "worker": lambda self: self.run_worker(broken, thread=True),
}
Main.action_help = ways[sys.argv[1]]
raise SystemExit(open_lab(load_preset("digits"), Path("digits.yaml")))
"""


def is_quiet(process: psutil.Process) -> bool:
    before = process.cpu_times()
    time.sleep(0.3)
    return process.cpu_times() == before


def test_the_lab_says_that_the_trainer_was_killed_and_lives(training):
    lab, run = training(100_000)
    os.kill(run.status()["pid"], signal.SIGKILL)
    lab.wait_for("lost")
    lab.wait_for_change("?")
    lab.press("\x1b")
    assert lab.process.poll() is None


def test_training_works_although_the_warm_trainer_died(open_lab, home, preset):
    lab = open_lab(preset(1))
    lab.wait_for("301,066")
    lab.wait(lambda: trainers(home))
    for trainer in trainers(home):
        trainer.kill()
    assert waited(lambda: not trainers(home))
    lab.press("t")
    lab.wait_for("accuracy", "finished")


def test_an_idle_lab_writes_nothing(open_lab, home):
    lab = open_lab("digits")
    lab.wait_for("6,570")
    lab.wait(lambda: trainers(home))
    lab.wait(lambda: is_quiet(trainers(home)[0]) and is_quiet(psutil.Process(lab.process.pid)))
    before = bytes(lab.received)
    time.sleep(1.5)
    assert lab.received == before


@pytest.mark.parametrize("way", ["handler", "worker"])
def test_a_mistake_of_the_lab_ends_in_one_sentence_on_a_whole_terminal(open_lab, home, way):
    lab = open_lab(way, command=(sys.executable, "-c", BREAKING))
    lab.wait_for("6,570")
    lab.wait(lambda: trainers(home))
    lab.press("?")
    assert lab.exit_code() == 1
    after = lab.received.decode().rpartition("\x1b[?1049l")[2]
    assert "\x1b[?25h" in after
    assert "the lab broke: ValueError: a mistake \\x1b]0;of our own" in after
    assert "Traceback" not in after
    assert after.strip().count("\n") == 0
    assert "Traceback" in (home / "lab-error.log").read_text()
    assert waited(lambda: not trainers(home))


def test_a_storm_of_sizes_down_to_one_cell_is_survived(open_lab):
    lab = open_lab("digits")
    lab.wait_for("6,570")
    for step in range(300):
        lab.resize(1 + step * 7 % 200, 1 + step * 3 % 60)
    lab.resize(1, 1)
    lab.press("\x1b[B\t")
    lab.resize(80, 24)
    lab.wait_for("6,570")
    lab.press("q")
    assert lab.exit_code() == 0
