"""Keeping a copy of files as a dataset with a name: complete, or not there at all."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_lab.data.digest import digest_of, files_of, paths_of
from tui_lab.data.open_file import opened
from tui_lab.data.progress import progressed
from tui_lab.errors import CannotWrite
from tui_lab.experiment.added import FILE, Added, folder_of, refuse_name
from tui_lab.experiment.dataset import Facts, FromFile
from tui_lab.experiment.yaml_file import dump
from tui_lab.files import sync_folder, write_file
from tui_lab.home import added_datasets

PART = 2**20
_UNFINISHED = re.compile(r"\..+\.(\d{1,9})\.tmp")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def add(dataset: FromFile, name: str) -> Facts:
    """Copies a dataset's files under a name; `BadInput` if they or the name can't be used."""
    refuse_name(name)
    facts = dataset.facts()
    sweep()
    with _complete_or_not(name) as folder:
        copy = dataset.replace(**_copied(dataset, folder))
        copy = copy.replace(sha256=digest_of(copy))
        inside = {field: path.name for field, path in paths_of(copy).items()}
        written = copy.replace(**inside).model_dump(mode="json", exclude_defaults=True)
        counts = {"features": len(facts.columns), "classes": len(facts.classes)}
        added = Added(task=facts.task, rows=facts.rows, **counts, dataset=written)
        write_file(folder / FILE, dump(added.model_dump(mode="json")).encode())
    return facts


def remove(name: str) -> None:
    """Takes an added dataset away, at once; `BadInput` if there is none of that name."""
    folder, gone = folder_of(name), _unfinished(name)
    try:
        os.rename(folder, gone)
    except OSError as error:
        raise CannotWrite(folder, error) from None
    shutil.rmtree(gone, ignore_errors=True)


def sweep() -> None:
    """Removes what was left behind by processes that died while they copied."""
    import psutil  # slow to import, and only needed where something was left

    for path in added_datasets().glob(".*.tmp"):
        match = _UNFINISHED.fullmatch(path.name)
        if match and not psutil.pid_exists(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _complete_or_not(name: str) -> Iterator[Path]:
    """A folder that gets its name when all is in it, and is gone if that doesn't come about."""
    folder, final = _unfinished(name), added_datasets() / name
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        os.rename(folder, final)
        sync_folder(final.parent)
    except OSError as error:
        raise CannotWrite(final, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unfinished(name: str) -> Path:
    return added_datasets() / f".{name}.{os.getpid()}.tmp"


def _copied(dataset: FromFile, folder: Path) -> dict[str, str]:
    """Where each file or folder that a dataset names now has a copy."""
    places: dict[str, str] = {}
    for field, path in paths_of(dataset).items():
        name = path.name if _PLAIN.fullmatch(path.name) and path.name != FILE else field
        place = folder / name
        if place.exists():
            place = folder / f"{field}-{name}"
        files = files_of(path)
        for number, file in enumerate(files):
            progressed(number / len(files))
            _copy(file, place / file.relative_to(path) if path != file else place)
        places[field] = str(place)
    return places


def _copy(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with opened(file) as source:
        write_file(place, iter(lambda: source.read(PART), b""))
