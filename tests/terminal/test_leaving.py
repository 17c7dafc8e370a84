"""However the lab is left, the terminal is as before and a training goes on unless told not to."""

import json
import signal
import subprocess
import termios
import time

import psutil
import pytest
from terminal.pty_lab import PROGRAM, trainers, waited

RESTORED = ("\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l", "\x1b[?1003l", "\x1b[?2004l", "\x1b[<u")


def told(run_id: str) -> str:
    """The run's state as another terminal sees it."""
    listed = subprocess.run([PROGRAM, "runs", "--json"], capture_output=True, check=True)
    return next(row["state"] for row in json.loads(listed.stdout) if row["run"] == run_id)


def is_restored(lab) -> bool:
    end = lab.received.decode()[-4000:]
    return all(code in end for code in RESTORED) and (
        termios.tcgetattr(lab.terminal) == lab.settings
    )


def test_training_goes_on_when_the_window_is_closed(training, state):
    lab, run = training(40)
    lab.hang_up()
    assert lab.process.wait(20) == 128 + signal.SIGHUP
    assert told(run.id) == "running"
    assert state(run, "finished")
    assert told(run.id) == "finished"


def test_training_goes_on_after_sighup(training):
    lab, run = training(100_000)
    lab.process.send_signal(signal.SIGHUP)
    assert lab.exit_code() == 128 + signal.SIGHUP
    assert is_restored(lab)
    assert told(run.id) == "running"


def test_sigterm_gives_the_terminal_back_and_leaves_the_training(training, home):
    lab, run = training(100_000)
    lab.process.terminate()
    assert lab.exit_code() == 128 + signal.SIGTERM
    assert is_restored(lab)
    assert told(run.id) == "running"
    assert waited(lambda: [p.pid for p in trainers(home)] == [run.status()["pid"]])


def stands_still(lab) -> bool:
    """Whether the lab's main thread waits for something that does not come."""
    process = psutil.Process(lab.process.pid)
    before, _ = process.threads()[0], time.sleep(1)
    return process.threads()[0] == before


def test_a_line_that_takes_nothing_can_not_hold_the_lab(training):
    """While training it draws all the time, until nobody takes what it draws."""
    lab, run = training(100_000)
    lab.stop_reading()
    lab.press("?\x1b" * 500)
    lab.wait(lambda: stands_still(lab))
    lab.process.terminate()
    assert lab.process.wait(20) == 128 + signal.SIGTERM
    assert told(run.id) == "running"


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_quitting_leaves_nothing_behind(open_lab, home, key):
    lab = open_lab("digits")
    lab.wait_for("6,570")
    lab.wait(lambda: trainers(home))
    lab.press(key)
    assert lab.exit_code() == 0
    assert is_restored(lab)
    assert waited(lambda: not trainers(home))


def test_a_killed_lab_leaves_no_waiting_trainer(open_lab, home):
    lab = open_lab("digits")
    lab.wait(lambda: trainers(home))
    lab.process.kill()
    assert waited(lambda: not trainers(home))


def test_leaving_while_training_asks_and_can_leave_it_running(training):
    lab, run = training(100_000)
    lab.press("q")
    lab.wait_for("leave it running")
    lab.press("\x1b")
    lab.wait(lambda: "leave it running" not in lab.screen.text)
    assert lab.process.poll() is None
    lab.press("q")
    lab.wait_for("leave it running")
    lab.press("l")
    assert lab.exit_code() == 0
    assert told(run.id) == "running"


def test_leaving_while_training_can_stop_it_and_keep_the_results(training, state):
    lab, run = training(100_000)
    lab.press("q")
    lab.wait_for("stop it")
    lab.press("s")
    assert lab.exit_code() == 0
    assert state(run, "stopped")
    assert run.file("weights.safetensors").is_file()


def test_ctrl_z_gives_the_terminal_back_and_fg_the_whole_lab(open_lab):
    lab = open_lab("digits")
    lab.wait_for("6,570", "palette")
    shown, process = lab.screen.text, psutil.Process(lab.process.pid)
    lab.press("\x1a")
    lab.wait(lambda: process.status() == psutil.STATUS_STOPPED)
    lab.wait(lambda: is_restored(lab))
    lab.screen.resize(80, 24)
    lab.process.send_signal(signal.SIGCONT)
    lab.wait(lambda: lab.screen.text == shown)
    lab.press("q")
    assert lab.exit_code() == 0
