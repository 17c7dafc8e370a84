"""The checkpoints of a run: which there are, and what they say of themselves."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tui_lab.errors import BadInput
from tui_lab.runs.metadata import parted
from tui_lab.runs.run import Run

FOLDER = "checkpoint"
_NAME = re.compile(r"(step|best)-(\d{9,15})\.safetensors")
Count = Annotated[int, Field(ge=0, lt=2**53)]


class Score(BaseModel):
    """Which epoch was best, and what early stopping looks at."""

    model_config = ConfigDict(strict=True, extra="forbid")

    epoch: Count = 0
    loss: float = float("inf")
    improved: Count = 0
    """The last epoch better by `min_delta`."""
    reference: float = float("inf")
    """The loss of that epoch."""


class Told(BaseModel):
    """What a checkpoint says beside its tensors."""

    model_config = ConfigDict(strict=True)

    epoch: Count
    step: Count
    batch: Count
    """How many batches of the epoch are done."""
    lr: float
    """The learning rate that the epoch began with."""
    changes: list[str]
    """The changes made while training, as `key=value`."""
    best: Score
    device: str
    why_device: str
    engine: str = "autograd"
    """What trained the batches; before there were several it was autograd."""
    why_engine: str = "autograd: it began with it"
    data: str
    """The sha256 of the rows."""
    torch: str
    """Its version."""
    schedule: dict[str, Any] | None
    groups: list[dict[str, Any]]
    """The settings of the optimizer's parameter groups."""
    events: Count = 0
    """How many bytes of events there were, and the sha256 of the last one."""
    last_event: str = ""
    every: Annotated[int, Field(ge=1)] = 1
    """One batch in so many is an event."""
    seconds: Annotated[float, Field(ge=0, lt=2**53)] = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """A file from which a training can go on."""

    path: Path
    step: int
    """After how many steps it was written."""
    is_best: bool
    """Whether it is kept as the end of the best epoch, not as one of the last."""

    def told(self) -> Told:
        """What it says of itself; `BadInput` if it can't be read."""
        from safetensors import SafetensorError, safe_open

        if not self.path.is_file():
            raise BadInput("is no file", self.path)
        try:
            with safe_open(self.path, "np") as file:
                metadata = file.metadata()
        except (SafetensorError, OSError) as error:
            raise BadInput(f"is damaged or no checkpoint ({error})", self.path) from None
        return checked(parted(metadata, self.path)[2], self.path)


def checked(told: object, path: Path) -> Told:
    """What a checkpoint says, if it makes sense; `BadInput` otherwise."""
    try:
        return Told.model_validate(told)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise BadInput(f"is no checkpoint of a training ({where} makes no sense)", path) from None


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
