"""`tui-lab train` as a process, and what signals to it and to its trainer do."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import has_ended, is_gone, kinds, new_run, state, wait_for

from tui_lab.runs.run import VANISHED, Run, all_runs
from tui_lab.runs.start import settle, start

TUI_LAB = Path(sys.executable).parent / "tui-lab"
FOREVER = "training.epochs=1000000"


@pytest.fixture
def command(home):
    """Starts `tui-lab train`; kills what is left of it."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str, **options: object) -> "subprocess.Popen[str]":
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        before = {  # a child inherits what is ignored, as in the background or under nohup
            signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
            signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        }
        process = subprocess.Popen([TUI_LAB, "train", *words], **pipes)
        for number, handler in before.items():
            signal.signal(number, handler)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()
    for run_left in all_runs():
        with contextlib.suppress(KeyError, ProcessLookupError):
            if not has_ended(run_left):
                os.kill(run_left.status()["pid"], signal.SIGKILL)


def the_run(where: str = "epoch") -> Run:
    """The run, once it has learned something (or at least has a trainer)."""
    if where == "epoch":
        wait_for(lambda: all_runs() and "epoch" in kinds(all_runs()[0]))
    else:
        wait_for(lambda: all_runs() and "pid" in all_runs()[0].status())
    return all_runs()[0]


def test_one_command_trains_digits_and_prints_what_they_reach(command):
    process = command("digits", "--json")
    out, _ = process.communicate()
    result = json.loads(out)
    assert (process.returncode, result["state"]) == (0, "finished")
    assert result["parameters"] == {"total": 6570, "trainable": 6570}
    assert result["test"]["accuracy"] >= 0.95


def test_ctrl_c_stops_well_and_progress_in_a_file_is_a_line_a_second(command):
    begun = time.monotonic()
    process = command("iris", "--set", FOREVER)
    run = the_run()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    seconds = time.monotonic() - begun
    assert (process.returncode, state(run)) == (130, "stopped")
    assert "majority baseline" in out
    assert "stopping: the results so far are kept (ctrl+c again kills)" in err
    assert err.splitlines()[-1].startswith("stopped")
    assert len(err.splitlines()) <= seconds + 4
    assert "Traceback" not in out + err
    assert "\x1b" not in out + err


def test_ctrl_c_twice_kills(command):
    process = command("iris", "--set", FOREVER, "--quiet")
    run = the_run("pid")
    os.kill(run.status()["pid"], signal.SIGSTOP)  # so that it can't stop well meanwhile
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline().startswith("stopping")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert (process.returncode, state(run)) == (130, "lost")
    assert "it was killed, as asked" in out


def test_sigterm_stops_well_too_and_json_stays_json(command):
    process = command("iris", "--set", FOREVER, "--json")
    run = the_run("pid")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate()
    assert (process.returncode, state(run)) == (143, "stopped")
    assert json.loads(out)["state"] == "stopped"


def test_a_closed_terminal_ends_the_command_and_not_the_training(command):
    main_end, terminal = pty.openpty()
    process = command(
        "iris",
        "--set",
        FOREVER,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    run = the_run()
    assert os.getsid(run.status()["pid"]) == run.status()["pid"]  # out of reach of the terminal
    os.close(main_end)
    process.send_signal(signal.SIGHUP)
    assert process.wait() == -signal.SIGHUP
    seen = len(kinds(run))
    wait_for(lambda: len(kinds(run)) > seen)
    assert state(run) == "running"


def test_a_killed_trainer_is_a_sentence_with_the_end_of_its_log_and_exit_1(command):
    process = command("iris", "--set", FOREVER)
    run = the_run("pid")
    with run.file("trainer.log").open("a") as log:
        log.write("terminate called\n")
    os.kill(run.status()["pid"], signal.SIGKILL)
    out, err = process.communicate()
    assert process.returncode == 1
    assert out.splitlines()[0].startswith("iris-1: lost after 0 epochs")
    told = "ended by signal 9 (SIGKILL, Killed, often because memory ran out)"
    assert told in " ".join(out.split())
    *_, heading, line, how = out.splitlines()
    assert (heading, line) == ("The end of its log:", "  terminate called")
    assert how == f"tui-lab resume {run.id} goes on from its last checkpoint."
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (-signal.SIGSEGV, "signal 11 (SIGSEGV, Segmentation fault)"),
        (-200, "signal 200"),
        (3, "exit code 3"),
    ],
)
def test_the_starter_of_a_trainer_writes_down_how_it_died(home, code, told):
    run = new_run()
    settle(run, code)
    assert state(run) == "lost"
    assert told in Run(run.folder).status()["why"]


def test_a_run_that_ended_by_itself_is_left_as_it_is(home):
    run = new_run()
    run.file("status.json").write_text('{"state": "finished"}')
    settle(run, 0)
    assert run.status() == {"state": "finished"}


@pytest.mark.unforked
def test_files_in_the_folder_where_one_stands_are_not_imported(home, tmp_path, monkeypatch):
    for name in ("random.py", "torch.py", "numpy.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong file')")
    monkeypatch.chdir(tmp_path)
    run = new_run()
    process = start(run)
    wait_for(lambda: "pid" in run.status() or process.poll() is not None)
    assert run.status()["pid"] == process.pid, run.log_end()
    process.kill()
    process.wait()


@pytest.mark.unforked
def test_a_run_whose_trainer_vanished_while_nobody_looked_says_so(home):
    run = new_run(epochs=1_000_000)
    process = start(run)
    wait_for(lambda: "pid" in run.status())
    process.kill()
    wait_for(lambda: is_gone(process.pid))
    assert run.status()["why"] == VANISHED
    process.wait()
