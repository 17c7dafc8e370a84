"""Work that needs torch, done by a process of its own, so that lab and command line stay light."""

import subprocess
import sys
from collections.abc import Iterable

from tui_lab.errors import BadInput, Failure

BAD_INPUT = 2
NOTE = "note: "


def command(module: str, arguments: Iterable[object]) -> list[str]:
    """How to start a module of `tui_lab.training`; -P: no module of the current folder is used."""
    start = [sys.executable, "-P", "-W", "ignore", "-m", f"tui_lab.training.{module}"]
    return start + [str(argument) for argument in arguments]


def work(module: str, *arguments: object) -> list[str]:
    """Runs a module to its end: the notes that it made.

    `BadInput` if it refused its input, and `Failure` if it failed otherwise, with what it said.
    """
    done = subprocess.run(
        command(module, arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    if done.returncode:
        sentence = lines[-1] if lines else f"PyTorch's process ended by itself ({done.returncode})"
        raise (BadInput if done.returncode == BAD_INPUT else Failure)(sentence)
    return [line.removeprefix(NOTE) for line in lines if line.startswith(NOTE)]
