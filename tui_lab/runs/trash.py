"""The trash: deleted runs lie there whole until it is emptied, and can come back."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tui_lab.errors import BadInput, CannotWrite, nearest
from tui_lab.home import home
from tui_lab.runs.run import ENDED, Run, trash


def delete(runs: Sequence[Run]) -> None:
    """Moves runs into the trash; `BadInput`, and none is moved, if one of them still trains."""
    for run in runs:
        state = run.status()["state"]
        if state not in ENDED:
            raise BadInput(f"{run.id} is {state}; stop it before you delete it")
    for run in runs:
        _move(run.folder, trash() / run.id)


def restore(ids: Sequence[str]) -> list[Run]:
    """Brings runs back; `BadInput`, and none comes, if one of them is not in the trash."""
    there = {run.id for run in trashed()}
    for name in ids:
        if name not in there:
            raise BadInput(f'there is no run "{name}" in the trash{nearest(name, there)}')
    back = [Run(home() / "runs" / name) for name in dict.fromkeys(ids)]
    for run in back:
        _move(trash() / run.id, run.folder)
    return back


def trashed() -> list[Run]:
    """The runs in the trash, by id."""
    if not trash().is_dir():
        return []
    return [Run(folder) for folder in sorted(trash().iterdir()) if folder.is_dir()]


def empty() -> None:
    """Deletes what is in the trash for good."""
    for run in trashed():
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
