"""What takes long to make of large tables, kept so that the next time takes a moment.

A cache is a safetensors file in `$TUI_LAB_HOME/cache/tables`, called by the sha256 of all that it
was made from. One that is damaged, or can't be written, is as good as none.
"""

import contextlib
import hashlib
import json
import math
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from tui_lab import __version__
from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.progress import Cancelled, progressed
from tui_lab.errors import CannotWrite
from tui_lab.files import open_file, remove, remove_leftovers, write_file
from tui_lab.home import home

Tensors = dict[str, np.ndarray]
"""Arrays of any shape, by name."""
Made = TypeVar("Made")
SMALLEST = 5_000_000
"""Files of fewer bytes are read in a moment anyway."""
MOST_FILES, MOST_BYTES = 10, 2_000_000_000
KINDS = {
    "F64": np.float64, "F32": np.float32, "I64": np.int64, "U64": np.uint64, "I32": np.int32,
    "U8": np.uint8,
}  # fmt: skip
"""What safetensors calls the numbers that occur."""
ABOUT, CHECKED = "about", "crc32"
"""The first tensor, a text, and the last, a sum over everything before it."""


def place_of(made_from: object) -> Path:
    """Where the cache is, or would be, of what was made from something that JSON can hold."""
    told = json.dumps([__version__, made_from], sort_keys=True)
    name = hashlib.sha256(told.encode()).hexdigest()
    return home() / "cache" / "tables" / f"{name}.safetensors"


def recall(place: Path, made: Callable[[str, Tensors], Made]) -> Made | None:
    """What is made of a cache's text and arrays; None if there is none, or it is damaged."""
    try:
        with open_file(place) as file:
            refuse_if_too_large(os.fstat(file.fileno()).st_size)
            found = made(*_read(file))
        os.utime(place)
    except Cancelled:
        raise
    except Exception:  # whatever is wrong with it, the table's own file is there
        return None
    return found


def keep(place: Path, about: str, tensors: Tensors) -> None:
    """Writes a cache, and removes those that have not been used for longest."""
    if sum(tensor.nbytes for tensor in tensors.values()) > MOST_BYTES:
        return
    with contextlib.suppress(OSError, CannotWrite):
        place.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(place.parent)
        write_file(place, _written({ABOUT: text_tensor(about)} | tensors))
        _remove_oldest(place.parent)


def _remove_oldest(folder: Path) -> None:
    files = [(path.stat(), path) for path in folder.glob("*.safetensors")]
    files.sort(key=lambda found: found[0].st_mtime_ns, reverse=True)
    room = MOST_BYTES
    for place, (about, path) in enumerate(files):
        room -= about.st_size
        if place >= MOST_FILES or room < 0:
            remove(path)


def text_tensor(text: str) -> np.ndarray:
    """JSON as bytes, with spaces up to where the next numbers may begin."""
    content = text.encode()
    return np.frombuffer(content + b" " * (-len(content) % 8), np.uint8)


def text_of(tensor: np.ndarray) -> str:
    """The text in the bytes of a tensor."""
    return tensor.tobytes().decode()


def _written(tensors: Tensors) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file."""
    called = {np.dtype(kind): name for name, kind in KINDS.items()}
    header: dict[str, Any] = {}
    end = 0
    for name, tensor in [*tensors.items(), (CHECKED, np.zeros(1, np.int64))]:
        begin, end = end, end + tensor.nbytes
        kind = called[tensor.dtype]
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [begin, end]}
    text = text_tensor(json.dumps(header)).tobytes()
    yield len(text).to_bytes(8, "little") + text
    check = zlib.crc32(text)
    for tensor in tensors.values():
        content = np.ascontiguousarray(tensor).reshape(-1).view(np.uint8).data
        check = zlib.crc32(content, check)
        yield content
    yield check.to_bytes(8, "little")


def _read(file: BinaryIO) -> tuple[str, Tensors]:
    """What `_written` wrote; some exception if it is anything else."""
    text = file.read(int.from_bytes(file.read(8), "little"))
    tensors, check, header = {}, zlib.crc32(text), json.loads(text)
    for place, (name, about) in enumerate(header.items()):
        progressed(place / len(header))
        found = np.fromfile(file, KINDS[about["dtype"]], math.prod(about["shape"]))
        tensors[name] = found.reshape(about["shape"])
        if name != CHECKED:
            check = zlib.crc32(found.view(np.uint8).data, check)
    if tensors.pop(CHECKED).tolist() != [check]:
        raise ValueError
    return text_of(tensors.pop(ABOUT)), tensors
