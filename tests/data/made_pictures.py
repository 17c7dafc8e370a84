"""Pictures for tests, in folders and in the formats of files that hold many."""

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

RANDOM = np.random.default_rng(0)


def folder_of(
    place: Path, classes=("cat", "dog"), each=6, size=(4, 5), mode="L", ending="png"
) -> Path:
    """A folder of a class each; the pictures of class number k are filled with 40 * k and more."""
    for number, name in enumerate(classes):
        (place / name).mkdir(parents=True)
        for count in range(each):
            picture(place / name / f"{count}.{ending}", 40 * number + count, size, mode)
    return place


def picture(path: Path, value: int = 0, size=(4, 5), mode: str = "L") -> Path:
    """One picture of (height, width), filled with a value."""
    grey = Image.new("L", (size[1], size[0]), value)
    grey.convert(mode).save(path)
    return path


def idx(path: Path, array: np.ndarray, magic: bytes | None = None) -> Path:
    """An IDX file of bytes; packed if its name ends in .gz."""
    head = magic or bytes([0, 0, 8, array.ndim])
    content = head + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def mnist_like(folder: Path, rows: int = 20, labels=None, packed: bool = True) -> Path:
    """Files as MNIST has them: the pictures' path."""
    end = ".gz" if packed else ""
    labels = np.arange(rows) % 3 if labels is None else np.asarray(labels)
    idx(folder / f"train-labels-idx1-ubyte{end}", labels)
    pixels = RANDOM.integers(0, 256, (rows, 4, 5))
    return idx(folder / f"train-images-idx3-ubyte{end}", pixels)
