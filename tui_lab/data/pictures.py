"""From pictures of one's own to a table with a number for each pixel."""

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.baseline import baseline_of
from tui_lab.data.digest import files_of, paths_of
from tui_lab.data.findings import findings
from tui_lab.data.open_file import opened
from tui_lab.data.picture_arrays import read_idx_pictures, read_npz_pictures
from tui_lab.data.picture_folder import read_folder
from tui_lab.data.picture_set import PictureSet, refuse_other_range
from tui_lab.data.prepare import refuse_too_large, split
from tui_lab.data.split import FREE, TEST
from tui_lab.data.table import Table
from tui_lab.data.target import FEWEST_ROWS
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.shape import Shape, pixel_names, written_shape

_ONE_PICTURE = (b"\x89PNG", b"\xff\xd8\xff")


def pictures_facts(dataset: Pictures) -> Facts:
    """What an experiment must know of pictures, read again only when a file has changed."""
    as_ever = dataset.replace(batch_size=32, shuffle=True, scale=True, sha256=None)
    try:
        files = [os.stat(file) for path in paths_of(dataset).values() for file in files_of(path)]
    except (OSError, ValueError):
        return _facts_of(as_ever)
    return _cached_facts(as_ever, tuple((f.st_ino, f.st_mtime_ns, f.st_size) for f in files))


@lru_cache(maxsize=8)
def _cached_facts(dataset: Pictures, stamps: tuple[tuple[int, ...], ...]) -> Facts:
    return _facts_of(dataset)


def _facts_of(dataset: Pictures) -> Facts:
    """With what splitting them shows."""
    table = pictures_table(dataset)
    parts = split(table, dataset)
    refuse_too_large(table)
    return table.noting(*findings(table, parts)).facts


def pictures_table(dataset: Pictures) -> Table:
    """All pictures, each a row of its pixels; `BadInput` if they can't be read or learned."""
    path = Path(dataset.pictures)
    found = _read(dataset, path, dataset.labels)
    if dataset.test:
        alone = dataset.replace(rows=None)
        found = _joined(found, _read(alone, Path(dataset.test), dataset.test_labels), dataset)
    _refuse_unlearnable(found, path)
    shape = found.pixels.shape[1:]
    rows = found.pixels.reshape(len(found.y), -1)
    features = pd.DataFrame(rows, columns=list(pixel_names(shape)), copy=False)
    part = found.part if found.part.any() else None
    return Table(features, found.y, _facts(dataset, found, shape), part=part)


def _read(dataset: Pictures, path: Path, labels: str | None) -> PictureSet:
    """The pictures in a folder or a file, which is known by how it begins."""
    if path.is_dir():
        return read_folder(dataset, path)
    with opened(path) as file:
        start = file.read(4)
    if start.startswith(_ONE_PICTURE):
        said = "is a single picture; give the folder that holds a folder of pictures for each class"
        raise BadInput(said, path)
    if start == b"PK\x03\x04":
        return read_npz_pictures(dataset, path)
    if start.startswith((b"\x1f\x8b", b"\0\0")):
        return read_idx_pictures(dataset, path, Path(labels) if labels else None)
    raise BadInput("is neither a folder of pictures nor an IDX or NPZ file", path)


def _joined(found: PictureSet, test: PictureSet, dataset: Pictures) -> PictureSet:
    """With the pictures of another folder or file as the test split."""
    path, shapes = Path(dataset.test or ""), [one.pixels.shape[1:] for one in (found, test)]
    if shapes[0] != shapes[1]:
        sizes = " and ".join(map(written_shape, shapes))
        raise BadInput(f"pictures to learn from and to test are {sizes}; give `size`, `grey`", path)
    if unknown := [name for name in test.classes if name not in found.classes]:
        said = f'holds the class "{visible(unknown[0], 60)}", which there is nothing to learn of'
        raise BadInput(said, path)
    refuse_other_range((found.pixels, test.pixels), path)
    number = np.array([found.classes.index(name) for name in test.classes])
    return replace(
        found,
        pixels=np.concatenate([found.pixels, test.pixels]),
        y=np.concatenate([found.y, number[test.y]]),
        part=np.concatenate([found.part, np.full(len(test.y), TEST, np.int8)]),
        notes=(*found.notes, *(f"test: {note}" for note in test.notes)),
    )


def _refuse_unlearnable(found: PictureSet, path: Path) -> None:
    """`BadInput` for too few pictures or classes, or a class without one to learn from."""
    if len(found.y) < FEWEST_ROWS:
        said = f"holds {len(found.y)} pictures; at least {FEWEST_ROWS} are needed"
        raise BadInput(said, path)
    if len(found.classes) < 2:
        name = visible(found.classes[0], 60)
        raise BadInput(f'holds the class "{name}" alone, so there is nothing to tell apart', path)
    counts = np.bincount(found.y[found.part == FREE], minlength=len(found.classes))
    if not counts.all():
        name = visible(found.classes[int(counts.argmin())], 60)
        raise BadInput(f'there is no picture of class "{name}" to learn from', path)


def _facts(dataset: Pictures, found: PictureSet, shape: Shape) -> Facts:
    return Facts(
        name=dataset.title,
        task="classification",
        rows=len(found.y),
        columns=pixel_names(shape),
        classes=found.classes,
        target="class",
        picture=shape,
        notes=found.notes,
        baseline=baseline_of(found.y, True),
    )
