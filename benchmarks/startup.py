"""From the command to the first whole frame in a terminal, and to the version."""

import os
import subprocess
import sys
import tempfile
import time

from terminal.pty_lab import PROGRAM, PtyLab

from benchmarks.measure import in_turns, machine, show, until

EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("ready")

Empty().run()
"""


def first_frame(command: list[str], word: str) -> float:
    """Seconds from starting a program to a frame that holds the word."""
    start = time.perf_counter()
    lab = PtyLab(command)
    until(lambda: word in lab.screen.text)
    taken = time.perf_counter() - start
    lab.close()
    return taken


def run(*command: str) -> float:
    """Seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(rounds: int = 11) -> None:
    cases = {
        "python -c pass": lambda: run(sys.executable, "-c", "pass"),
        "tui-lab --version": lambda: run(PROGRAM, "--version"),
        "an empty Textual app": lambda: first_frame([sys.executable, "-c", EMPTY], "ready"),
        "the lab": lambda: first_frame([PROGRAM, "digits"], "6,570"),
    }
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUI_LAB_HOME"] = home
        measured = in_turns(cases, rounds)
    show("Start", measured, {"tui-lab --version": 0.2, "the lab": 0.4})


if __name__ == "__main__":
    print(machine())
    main()
