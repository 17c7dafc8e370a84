"""Odd terminals, and no terminal: the lab opens, or trains, or says why not in one sentence."""

import os
import subprocess

import pytest
from terminal.pty_lab import PROGRAM


def env(**changes: str | None) -> dict[str, str]:
    wanted = os.environ | {"TERM": "xterm-256color"} | changes
    return {name: value for name, value in wanted.items() if value is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {"TERM": "vt100"},
        {"TERM": "screen-256color", "TMUX": "x"},
        {"TERM": None},
        {"LANG": "C", "LC_ALL": "C"},
        {"NO_COLOR": "1"},
        {"COLUMNS": "0", "LINES": "x"},
    ],
)
def test_the_lab_opens_in_odd_surroundings(open_lab, changes):
    lab = open_lab("digits", env=env(**changes))
    lab.wait_for("6,570")
    lab.press("q")
    assert lab.exit_code() == 0
    assert b"Traceback" not in lab.received


@pytest.mark.parametrize("terminal", ["dumb", "unknown"])
def test_a_terminal_that_can_not_show_it_gets_one_sentence(open_lab, terminal):
    lab = open_lab("digits", env=env(TERM=terminal))
    assert lab.exit_code() == 2
    assert lab.received.decode().strip().count("\n") == 0
    assert f"TERM={terminal}" in lab.received.decode()
    assert b"\x1b" not in lab.received


def test_without_a_terminal_it_trains(preset):
    done = subprocess.run(
        [PROGRAM, preset(1)], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "accuracy" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_with_the_screen_redirected_it_trains(open_lab, preset, tmp_path):
    with (tmp_path / "screen").open("wb") as file:
        lab = open_lab(preset(1), stderr=file.fileno())
        assert lab.exit_code() == 0
    assert "accuracy" in lab.received.decode()
    assert "\x1b" not in lab.received.decode() + (tmp_path / "screen").read_text()


def test_with_only_its_output_redirected_the_lab_opens_and_writes_nothing_there(open_lab, tmp_path):
    with (tmp_path / "output").open("wb") as file:
        lab = open_lab("digits", stdout=file.fileno())
        lab.wait_for("6,570")
        lab.press("q")
        assert lab.exit_code() == 0
    assert not (tmp_path / "output").read_bytes()
