"""Arrays in an .npz file, read without pickle and without trusting the sizes that it declares."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from tui_lab.data.exact import exactly
from tui_lab.data.open_file import opened, refuse_if_too_large
from tui_lab.errors import BadInput, visible

MOST_ARRAYS = 1000
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def array_names(path: Path) -> list[str]:
    """The names of a file's arrays; `BadInput` if it is no NPZ file, or a hostile one."""
    with _archive(path) as archive:
        members = archive.namelist()
    if len(members) > MOST_ARRAYS:
        raise BadInput(f"holds {len(members):,} arrays; at most {MOST_ARRAYS:,} are read", path)
    for name in members:
        if leads_out(name):
            said = f'holds "{visible(name, 100)}", a name that leads out of its folder'
            raise BadInput(said, path)
    return [name.removesuffix(".npy") for name in members if name.endswith(".npy")]


def read_array(path: Path, name: str) -> np.ndarray:
    """One array of numbers; `BadInput` if it is damaged, pickled, or too large for the memory."""
    with _archive(path) as archive, archive.open(f"{name}.npy") as member:
        shape, by_column, kind = _header(member)
        if kind.hasobject or kind.kind not in "buif":
            said = f'the array "{visible(name, 60)}" holds {kind}, not numbers; pickle is not read'
            raise BadInput(said, path)
        size = prod(shape) * kind.itemsize
        refuse_if_too_large(size, path)
        content, there = exactly(member, size)
    if there != size:
        raise BadInput(f'the array "{visible(name, 60)}" is cut off or too long', path)
    return content.view(kind).reshape(shape, order="F" if by_column else "C")


def leads_out(name: str) -> bool:
    """Whether the name of an archive's member leads out of the folder that it is unpacked in."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or name[1:2] == ":"


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    with opened(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except BadInput:
            raise
        except Exception as error:  # a damaged archive raises a zoo of them
            said = f"is not an NPZ file, or is damaged: {visible(str(error), 200)}"
            raise BadInput(said, path) from None


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, and kind of number, as the array declares them."""
    version = np.lib.format.read_magic(member)
    if version not in _HEADERS:
        raise ValueError(f"it is in version {version} of the format")
    shape, by_column, kind = _HEADERS[version](member)
    if min(shape, default=0) < 0:
        raise ValueError("a side of an array is negative")
    return shape, by_column, kind
