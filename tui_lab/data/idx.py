"""IDX files, as MNIST and Fashion-MNIST are kept in: sizes first, then bytes; maybe packed."""

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from tui_lab.data.exact import exactly
from tui_lab.data.open_file import opened, refuse_if_too_large
from tui_lab.errors import BadInput

PACKED = b"\x1f\x8b"
_BYTES = 0x08


def read_idx(path: Path, sides: int, what: str) -> np.ndarray:
    """An array of `sides` dimensions, uint8; `BadInput` if the file holds anything else.

    `what` it should hold is said in the message: "pictures" or "labels".
    """
    with _unpacked(path) as file:
        magic = file.read(4)
        if magic != bytes([0, 0, _BYTES, sides]):
            said = f"doesn't begin as an IDX file of {what} does: 0 0 {_BYTES} {sides}"
            raise BadInput(f"{said}, but {' '.join(map(str, magic)) or 'is empty'}", path)
        head = file.read(4 * sides)
        if len(head) < 4 * sides:
            raise BadInput("is cut off within its sizes", path)
        shape = tuple(int(side) for side in np.frombuffer(head, ">u4"))
        refuse_if_too_large(prod(shape), path)
        return _filled(file, shape, path)


def labels_beside(path: Path) -> Path | None:
    """Where the labels of a file of pictures usually are, if there is such a file."""
    return _sibling(path, (("images", "labels"), ("idx3", "idx1")))


def test_beside(path: Path) -> Path | None:
    """The test pictures that usually come with a file of training pictures."""
    return _sibling(path, (("train", "t10k"),)) or _sibling(path, (("train", "test"),))


def _sibling(path: Path, words: tuple[tuple[str, str], ...]) -> Path | None:
    name = path.name
    for old, new in words:
        name = name.replace(old, new)
    names = [name, name.removesuffix(".gz"), f"{name}.gz"]
    with contextlib.suppress(OSError, ValueError):
        return next((path.with_name(n) for n in names
                     if n != path.name and path.with_name(n).is_file()), None)  # fmt: skip
    return None


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with opened(path) as file:
        is_packed = file.read(2) == PACKED
        file.seek(0)
        try:
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if is_packed else file
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadInput(f"is a damaged gzip file: {error}", path) from None


def _filled(file: BinaryIO, shape: tuple[int, ...], path: Path) -> np.ndarray:
    """So many bytes, whatever the file goes on with."""
    content, there = exactly(file, prod(shape))
    if there > content.size:
        raise BadInput(f"goes on after the {content.size:,} bytes that it declares", path)
    if there < content.size:
        raise BadInput(f"is cut off: {there:,} of {content.size:,} bytes are there", path)
    return content.reshape(shape)
