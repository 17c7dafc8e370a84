"""The warm trainer: ready when it is wanted, gone when the lab is."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from processes import has_ended, is_gone, new_run, state, wait_for

from tui_lab.runs.start import COMMAND, WarmTrainer

LAB = """
from tui_lab.runs.start import WarmTrainer
warm = WarmTrainer()
print(warm._process.pid, flush=True)
input()
"""


@pytest.fixture
def warm():
    trainer = WarmTrainer()
    yield trainer
    trainer.close()


def waiting(warm: WarmTrainer) -> "subprocess.Popen[bytes]":
    return warm._process


def test_it_trains_and_closing_ends_only_the_one_that_waits_behind_it(warm):
    run, first = new_run(epochs=1_000_000), waiting(warm)
    process = warm.train(run)
    try:
        assert process is first
        last = waiting(warm)
        assert last.poll() is None
        warm.close()
        assert not psutil.pid_exists(last.pid)
        wait_for(lambda: state(run) == "running")
        assert run.status()["pid"] == first.pid
        run.ask(do="stop")
        assert process.wait() == 0
        assert state(run) == "stopped"
    finally:
        process.kill()
        process.wait()


def test_a_dead_one_is_replaced_by_a_cold_start(warm):
    first = waiting(warm)
    first.kill()
    wait_for(lambda: is_gone(first.pid))
    run = new_run(epochs=1)
    process = warm.train(run)
    wait_for(lambda: "pid" in run.status())
    assert run.status()["pid"] == process.pid != first.pid
    assert not psutil.pid_exists(first.pid)  # no zombie
    process.kill()
    process.wait()
    assert state(run) == "lost"


def test_a_lab_that_is_killed_takes_its_waiting_trainer_along():
    with subprocess.Popen(
        [sys.executable, "-c", LAB], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as lab:
        pid = int(lab.stdout.readline())
        os.kill(lab.pid, signal.SIGKILL)
        wait_for(lambda: is_gone(pid))


@pytest.mark.parametrize("rest", ["0", "600"])
@pytest.mark.parametrize("said", [b"", b'{"run": "/half'])
def test_the_end_of_its_input_ends_it_while_importing_or_resting(rest, said):
    with subprocess.Popen([*COMMAND, "--warm", rest], stdin=subprocess.PIPE) as process:
        process.stdin.write(said)
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_run_that_comes_while_it_rests_is_begun_at_once():
    run = new_run(epochs=1)
    with subprocess.Popen([*COMMAND, "--warm", "600"], stdin=subprocess.PIPE) as process:
        process.stdin.write(f'{{"run": "{run.folder}"}}\n'.encode())
        process.stdin.flush()
        wait_for(lambda: "pid" in run.status())
        assert run.status()["pid"] == process.pid
        process.kill()
    assert has_ended(run)
