"""Columns of large tables as they were read once, so that the next reading takes a moment.

A cache is a safetensors file in `$TUI_LAB_HOME/cache/tables`, called by the sha256 of the table's
file and of how it was read. One that is damaged, or can't be written, is as good as none.
"""

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from tui_lab import __version__
from tui_lab.data.columns import is_number
from tui_lab.data.digest import digest_of_file
from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.progress import Cancelled, progressed
from tui_lab.errors import CannotWrite
from tui_lab.files import open_file, remove, sweep, write_file
from tui_lab.home import home

SMALLEST = 5_000_000
"""Files of fewer bytes are read in a moment anyway."""
MOST_FILES, MOST_BYTES = 10, 2_000_000_000
KINDS = {"F64": np.float64, "I64": np.int64, "U64": np.uint64, "I32": np.int32, "U8": np.uint8}
"""What safetensors calls the numbers that occur."""
CHECKED = "crc32"
"""The last tensor, over all others."""
Found = tuple[pd.DataFrame, list[str]]
"""A table and the notes on how it was read."""


def place_of(path: Path, numbers: Collection[str] | None) -> Path:
    """Where the cache of a table is, or would be."""
    how = [digest_of_file(path), __version__, None if numbers is None else sorted(numbers)]
    name = hashlib.sha256(json.dumps(how).encode()).hexdigest()
    return home() / "cache" / "tables" / f"{name}.safetensors"


def recall(place: Path) -> Found | None:
    """The table of a cache; None if there is none, or it is not as it was written."""
    try:
        with open_file(place) as file:
            refuse_if_too_large(os.fstat(file.fileno()).st_size)
            found = _read(file)
        os.utime(place)
    except Cancelled:
        raise
    except Exception:  # whatever is wrong with it, the table's own file is there
        return None
    return found


def keep(place: Path, found: Found) -> None:
    """Writes a cache, and removes those that have not been used for longest."""
    with contextlib.suppress(OSError, CannotWrite):
        place.parent.mkdir(parents=True, exist_ok=True)
        sweep(place.parent)
        tensors = dict(_tensors(*found))
        if sum(tensor.nbytes for tensor in tensors.values()) < MOST_BYTES:
            write_file(place, _written(tensors))
            _remove_oldest(place.parent)


def _remove_oldest(folder: Path) -> None:
    files = [(path.stat(), path) for path in folder.glob("*.safetensors")]
    files.sort(key=lambda found: found[0].st_mtime_ns, reverse=True)
    room = MOST_BYTES
    for place, (about, path) in enumerate(files):
        room -= about.st_size
        if place >= MOST_FILES or room < 0:
            remove(path)


def _tensors(frame: pd.DataFrame, notes: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """What there is to write: numbers as they are, of text each word once."""
    yield "about", _bytes({"names": [str(name) for name in frame.columns], "notes": notes})
    yield "lines", frame.index.to_numpy(np.int64)
    for place, (_, column) in enumerate(frame.items()):
        if is_number(column):
            yield f"{place}", column.to_numpy()
        else:
            codes, words = pd.factorize(column)
            yield f"{place} words", _bytes(list(words))
            yield f"{place}", codes.astype(np.int32)


def _bytes(said: Any) -> np.ndarray:
    """JSON, with spaces up to where the next numbers may begin."""
    text = json.dumps(said).encode()
    return np.frombuffer(text + b" " * (-len(text) % 8), np.uint8)


def _written(tensors: dict[str, np.ndarray]) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file."""
    called = {np.dtype(kind): name for name, kind in KINDS.items()}
    header, end, check = {}, 0, 0
    for name, tensor in [*tensors.items(), (CHECKED, np.zeros(1, np.int64))]:
        begin, end = end, end + tensor.nbytes
        kind = called[tensor.dtype]
        header[name] = {"dtype": kind, "shape": [tensor.size], "data_offsets": [begin, end]}
    text = _bytes(header).tobytes()
    yield len(text).to_bytes(8, "little") + text
    for tensor in tensors.values():
        content = np.ascontiguousarray(tensor).view(np.uint8).data
        check = zlib.crc32(content, check)
        yield content
    yield check.to_bytes(8, "little")


def _read(file: BinaryIO) -> Found:
    """What `_written` wrote; some exception if it is anything else."""
    header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    tensors, check = {}, 0
    for place, (name, about) in enumerate(header.items()):
        progressed(place / len(header))
        (size,) = about["shape"]
        tensors[name] = np.fromfile(file, KINDS[about["dtype"]], size)
        if name != CHECKED:
            check = zlib.crc32(tensors[name].view(np.uint8).data, check)
    if tensors.pop(CHECKED).tolist() != [check]:
        raise ValueError
    return _table(tensors)


def _table(tensors: dict[str, np.ndarray]) -> Found:
    about = json.loads(tensors["about"].tobytes())
    index = pd.Index(tensors["lines"])
    columns = {}
    for place, name in enumerate(about["names"]):
        column = pd.Series(_column(tensors, f"{place}"), name=name, copy=False)
        columns[name] = column.set_axis(index)
    return pd.DataFrame(columns, index, copy=False), about["notes"]


def _column(tensors: dict[str, np.ndarray], place: str) -> Any:
    """Numbers, or texts that pandas takes for a column."""
    words = tensors.get(f"{place} words")
    if words is None:
        return tensors[place]
    return pd.array(json.loads(words.tobytes()), dtype="str").take(tensors[place], allow_fill=True)
