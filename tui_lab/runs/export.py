"""Taking the weights out of a run; what needs torch happens in a process of its own."""

import subprocess
import sys
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import write_file
from tui_lab.runs.run import ENDED, Run


def export(run: Run, kind: str, path: Path) -> None:
    """Writes the best weights as `pt` or `safetensors`; `BadInput` if there are none."""
    weights = run.file("weights.safetensors")
    if not weights.is_file():
        ended = run.status()["state"] in ENDED
        why = "it ended before the first were saved" if ended else "they are written when it ends"
        raise BadInput(f"{run.id} has no weights: {why}")
    if kind == "safetensors":
        write_file(path, _content(weights))
        return
    command = [sys.executable, "-P", "-m", "tui_lab.training.export", str(weights), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput(done.stderr.strip().splitlines()[-1] if done.stderr else "export failed")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f'can\'t read "{path}": {error.strerror}') from None
