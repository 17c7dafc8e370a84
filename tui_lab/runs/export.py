"""Taking something out of a run; what needs torch happens in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import write_file
from tui_lab.runs.run import ENDED, Run
from tui_lab.runs.script import export_script


def export(run: Run, kind: str, path: Path) -> str:
    """Writes a run to `path` in one of the `FORMATS`; what else there is to say about that.

    `BadInput` if the run has not what the format needs.
    """
    return FORMATS[kind](run, path)


def file_name(run: Run, kind: str) -> str:
    """What the file is called if nobody says otherwise."""
    return f"{run.id}.{ENDINGS.get(kind, kind)}"


def _pt(run: Run, path: Path) -> str:
    command = [sys.executable, "-P", "-m", "tui_lab.training.export", str(_weights(run)), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput(done.stderr.strip().splitlines()[-1] if done.stderr else "export failed")
    return ""


def _safetensors(run: Run, path: Path) -> str:
    write_file(path, _content(_weights(run)))
    return ""


def _weights(run: Run) -> Path:
    """The best weights; `BadInput` if there are none."""
    weights = run.file("weights.safetensors")
    if not weights.is_file():
        ended = run.status()["state"] in ENDED
        why = "it ended before the first were saved" if ended else "they are written when it ends"
        raise BadInput(f"{run.id} has no weights: {why}")
    return weights


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f'can\'t read "{path}": {error.strerror}') from None


FORMATS: dict[str, Callable[[Run, Path], str]] = {
    "pt": _pt,
    "safetensors": _safetensors,
    "script": export_script,
}
ENDINGS = {"script": "py"}
"""Of files that don't end in the name of their format."""
