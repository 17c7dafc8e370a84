"""The checkpoints of a run: which there are, without opening them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput
from tui_lab.runs.run import Run

FOLDER = "checkpoint"
_NAME = re.compile(r"(step|best)-(\d{9,15})\.safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """A file from which a training can go on."""

    path: Path
    step: int
    """After how many steps it was written."""
    is_best: bool
    """Whether it is kept as the end of the best epoch, not as one of the last."""

    def told(self) -> dict[str, Any]:
        """What it says of itself; `BadInput` if it can't be read."""
        from safetensors import SafetensorError, safe_open

        if not self.path.is_file():
            raise BadInput("is no file", self.path)
        try:
            with safe_open(self.path, "np") as file:
                told: dict[str, Any] = json.loads(file.metadata()["tui-lab"].partition(" ")[2])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"is damaged or no checkpoint ({error})", self.path) from None
        return told


def checkpoint_name(step: int, best: bool = False) -> str:
    """The file's name in the run directory."""
    return f"{FOLDER}/{'best' if best else 'step'}-{step:09}.safetensors"


def checkpoints(run: Run) -> list[Checkpoint]:
    """All checkpoints of a run, the newest first."""
    try:
        names = [path.name for path in run.file(FOLDER).iterdir()]
    except OSError:
        return []
    matches = filter(None, map(_NAME.fullmatch, names))
    found = [Checkpoint(run.file(FOLDER) / m[0], int(m[2]), m[1] == "best") for m in matches]
    return sorted(found, key=lambda checkpoint: (-checkpoint.step, checkpoint.is_best))


def find_checkpoint(run: Run, which: str) -> Checkpoint:
    """The checkpoint after so many steps, or the `best` or `last` one; `BadInput` otherwise."""
    found = checkpoints(run)
    if not found:
        raise BadInput(f"{run.id} has no checkpoint yet")
    if which == "last":
        return found[0]
    for checkpoint in found:
        names = (checkpoint.path.name, "best" if checkpoint.is_best else str(checkpoint.step))
        if which in names:
            return checkpoint
    known = ", ".join(sorted({str(checkpoint.step) for checkpoint in found}, key=int))
    raise BadInput(f'{run.id} has no checkpoint "{which}"; there are: best, last, {known}')
