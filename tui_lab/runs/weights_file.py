"""The names, shapes and types in a weights file, read without torch and without running anything.

A safetensors file begins with a JSON header; a `.pt` file is a zip archive with a pickle, which is
followed here by hand: it may name tensors, and nothing else.
Sources: the safetensors format, https://github.com/huggingface/safetensors; `torch.save`.
"""

import json
import os
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from tui_lab.data.open_file import opened
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.weights import FILES, Stored
from tui_lab.runs.metadata import parted
from tui_lab.runs.pickled import pickled_tensors

MOST_HEADER_BYTES = 2_000_000
DTYPES = {
    "F64": ("float64", 8), "F32": ("float32", 4), "F16": ("float16", 2), "BF16": ("bfloat16", 2),
    "I64": ("int64", 8), "I32": ("int32", 4), "I16": ("int16", 2), "I8": ("int8", 1),
    "U8": ("uint8", 1), "BOOL": ("bool", 1),
}  # fmt: skip
"""Each type's name in PyTorch, and its bytes."""


def tensors_in(path: Path) -> dict[str, Stored]:
    """Every tensor of a safetensors or `.pt` file by name; read again only when it has changed."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return _read(path)
    return _cached(path, (about.st_dev, about.st_ino, about.st_mtime_ns, about.st_size))


@lru_cache(maxsize=16)
def _cached(path: Path, stamp: tuple[int, ...]) -> dict[str, Stored]:
    return _read(path)


def _read(path: Path) -> dict[str, Stored]:
    read = _header if FILES[path.suffix.lower()] == ".safetensors" else pickled_tensors
    with opened(path) as file:
        found = read(file, path)
    if not found:
        raise BadInput("holds no weights", path)
    return found


def _header(file: BinaryIO, path: Path) -> dict[str, Stored]:
    """What a safetensors header tells; `BadInput` unless it describes all of the file."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, MOST_HEADER_BYTES):
        raise BadInput("is damaged or no safetensors file: its header is cut off", path)
    try:
        header = json.loads(file.read(length))
        parted(header.pop("__metadata__", None), path)
        spans = sorted(entry["data_offsets"] for entry in header.values())
        found = {name: _stored(name, entry) for name, entry in header.items()}
        ends = [0, *(end for _, end in spans)]
        whole = [start for start, _ in spans] == ends[:-1] and ends[-1] == size - 8 - length
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(
            "is damaged or no safetensors file: its header makes no sense", path
        ) from None
    if not whole:
        raise BadInput("is damaged: its tensors don't fill the file", path)
    return found


def _stored(name: str, entry: Any) -> Stored:
    """One tensor of a header; ValueError if its shape and its place don't agree."""
    dtype, bytes_each = DTYPES.get(entry["dtype"], (visible(str(entry["dtype"]), 20), 0))
    shape, (start, end) = entry["shape"], entry["data_offsets"]
    whole = all(type(side) is int and side >= 0 for side in (*shape, start, end))
    if not whole or (bytes_each and prod(shape) * bytes_each != end - start):
        raise ValueError(name)
    return Stored(tuple(shape), dtype)
