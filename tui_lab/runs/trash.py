"""The trash: deleted runs and sweeps lie there whole until it is emptied, and can come back."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tui_lab.errors import BadInput, CannotWrite, nearest
from tui_lab.home import home
from tui_lab.runs.run import ENDED, Run, trash

PLACES = {"runs": "run", "sweeps": "sweep"}
"""Where things lie in the lab's home, and what one of them is called."""


def delete(runs: Sequence[Run]) -> None:
    """Moves runs or sweeps into the trash; `BadInput`, and none is moved, if one still trains."""
    for run in runs:
        state = run.status()["state"]
        if state not in ENDED:
            raise BadInput(f"{run.id} is {state}; stop it before you delete it")
    for run in runs:
        _move(run.folder, trash(run.folder.parent.name) / run.id)


def restore(ids: Sequence[str], place: str = "runs") -> list[Run]:
    """Brings runs or sweeps back; `BadInput`, and none comes, if one is not in the trash."""
    there = {run.id for run in trashed(place)}
    for name in ids:
        if name not in there:
            hint = nearest(name, there)
            raise BadInput(f'there is no {PLACES[place]} "{name}" in the trash{hint}')
    back = [Run(home() / place / name) for name in dict.fromkeys(ids)]
    for run in back:
        _move(trash(place) / run.id, run.folder)
    return back


def trashed(place: str = "runs") -> list[Run]:
    """The runs, or the sweeps, in the trash, by id."""
    if not trash(place).is_dir():
        return []
    return [Run(folder) for folder in sorted(trash(place).iterdir()) if folder.is_dir()]


def empty() -> None:
    """Deletes what is in the trash for good."""
    for run in (run for place in PLACES for run in trashed(place)):
        try:
            shutil.rmtree(run.folder)
        except OSError as error:
            raise CannotWrite(run.folder, error) from None


def _move(folder: Path, to: Path) -> None:
    if to.exists():
        raise BadInput(f'"{to}" is there already; move it away first')
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        os.rename(folder, to)
    except OSError as error:
        raise CannotWrite(to, error) from None
