"""What is at a path that someone gave: a table, or pictures."""

import gzip
import os
from pathlib import Path

from tui_lab.data.guess import target_in
from tui_lab.data.open_file import opened
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv, FromFile
from tui_lab.experiment.pictures import Pictures


def dataset_at(
    path: Path, target: str | None = None, size: tuple[int, int] | None = None
) -> tuple[FromFile, str]:
    """The dataset in a file or folder, and why this target if nobody named one.

    `BadInput` if it can't be read, or isn't what the settings are for.
    """
    whole = os.path.abspath(path)
    if are_pictures(path):
        if target is not None:
            raise BadInput("holds pictures, whose classes are known: --target is for tables", path)
        return Pictures(pictures=whole, size=size), ""
    if size is not None:
        raise BadInput("is a table: --size is for pictures", path)
    if target is not None:
        return Csv(csv=whole, target=target), ""
    target, why = target_in(path)
    return Csv(csv=whole, target=target), f"the target: {why}; --target takes another"


def are_pictures(path: Path) -> bool:
    """Whether there are pictures and not a table; a file is known by how it begins."""
    if os.path.isdir(path):
        return True
    with opened(path) as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"\x1f\x8b"):
            try:
                start = gzip.GzipFile(fileobj=file).read(4)
            except (OSError, EOFError):
                return False
    is_npz = start == b"PK\x03\x04" and path.suffix.lower() == ".npz"
    return is_npz or start.startswith((b"\0\0\x08", b"\x89PNG", b"\xff\xd8\xff"))
