"""Pictures in arrays: IDX and NPZ files."""

from pathlib import Path

import numpy as np
from PIL import Image

from tui_lab.data.idx import labels_beside, read_idx, test_beside
from tui_lab.data.npz import array_names, read_array
from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.picture_file import as_channels, resized
from tui_lab.data.picture_set import (
    PictureSet,
    chosen,
    refuse_other_range,
    refuse_too_many_numbers,
)
from tui_lab.data.split import FREE, TEST, VALIDATION
from tui_lab.data.target import MOST_CLASSES, class_name
from tui_lab.errors import BadInput, visible
from tui_lab.experiment.pictures import Pictures

Array = np.ndarray
NAMES = {
    FREE: (("x", "y"), ("images", "labels"), ("x_train", "y_train"),
           ("train_images", "train_labels"), ("arr_0", "arr_1")),
    VALIDATION: (("x_val", "y_val"), ("x_validation", "y_validation"),
                 ("val_images", "val_labels")),
    TEST: (("x_test", "y_test"), ("test_images", "test_labels")),
}  # fmt: skip
"""What the arrays of an NPZ file may be called, for each split."""


def read_idx_pictures(dataset: Pictures, path: Path, labels: Path | None) -> PictureSet:
    """The pictures of an IDX file, with the labels of another."""
    labels = labels or labels_beside(path)
    if labels is None:
        said = "has no file of labels beside it, named like it but for labels; give `labels`"
        raise BadInput(said, path)
    pixels, found = read_idx(path, 3, "pictures"), read_idx(labels, 1, "labels")
    _refuse_other_count(len(pixels), len(found), path, str(labels))
    pixels, found = (chosen(array, dataset.rows, path) for array in (pixels, found))
    pixels = brought_to(_with_channels(pixels, dataset, path), dataset, path)
    y, classes = _classes(found, dataset, labels)
    other = test_beside(path)
    unused = other is not None and not dataset.test and path == Path(dataset.pictures)
    notes = (f'"{other.name}" lies beside and is not used; give it as `test`',) if unused else ()  # type: ignore[union-attr]
    return PictureSet(pixels, y, classes, np.zeros(len(y), np.int8), notes)


def read_npz_pictures(dataset: Pictures, path: Path) -> PictureSet:
    """The pictures and labels of an NPZ file, with the splits that it has."""
    pairs = _pairs(array_names(path), path)
    sets = [_pair(dataset, path, part, *names) for part, names in pairs.items()]
    if len({pixels.shape[1:] for pixels, _, _ in sets}) > 1:
        raise BadInput("holds pictures of different sizes for train, validation and test", path)
    refuse_other_range((pixels for pixels, _, _ in sets), path)
    pixels, labels, part = (np.concatenate(arrays) for arrays in zip(*sets, strict=True))
    y, classes = _classes(labels, dataset, path)
    return PictureSet(brought_to(pixels, dataset, path), y, classes, part)


def brought_to(pixels: Array, dataset: Pictures, path: Path) -> Array:
    """Of the size and with the colours that are asked for; refused if that is too much."""
    rows, channels, height, width = pixels.shape
    grey = channels == 1 if dataset.grey is None else dataset.grey
    height, width = dataset.size or (height, width)
    shape = (1 if grey else 3, height, width)
    refuse_too_many_numbers(*shape, path)
    if pixels.shape[1:] == shape:
        return pixels
    refuse_if_too_large(rows * shape[0] * height * width * pixels.itemsize, path)
    made = np.empty((rows, *shape), pixels.dtype)
    for row, picture in enumerate(pixels):
        planes = [as_channels(resized(Image.fromarray(plane), (height, width)))
                  for plane in picture]  # fmt: skip
        made[row] = _coloured(np.concatenate(planes), shape[0])
    return made


def _coloured(picture: Array, channels: int) -> Array:
    """With one channel or three; grey is 0.299 red, 0.587 green and 0.114 blue (ITU-R 601)."""
    if len(picture) == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=0)
    grey = np.tensordot([0.299, 0.587, 0.114], picture, axes=1)
    return np.asarray(grey.round() if picture.dtype == np.uint8 else grey)[None]


def _pairs(names: list[str], path: Path) -> dict[int, tuple[str, str]]:
    """The arrays with pictures and labels of each split; train's have to be there."""
    by_lower = {name.lower(): name for name in names}
    pairs = {
        part: (by_lower[x], by_lower[y])
        for part, known in NAMES.items()
        for x, y in reversed(known)
        if x in by_lower and y in by_lower
    }
    if FREE not in pairs:
        there = visible(", ".join(names), 300) or "none"
        raise BadInput(
            "holds no arrays x and y, images and labels, or x_train and y_train (there are: "
            f"{there})",
            path,
        )
    return pairs


def _pair(dataset: Pictures, path: Path, part: int, x: str, y: str) -> tuple[Array, Array, Array]:
    """The pictures, labels and part of one split."""
    pixels, labels = read_array(path, x), read_array(path, y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        said = f'the labels "{y}" are of shape {labels.shape}; expected one number a picture'
        raise BadInput(said, path)
    _refuse_other_count(len(pixels) if pixels.ndim else 0, len(labels), path, f"the array {y}")
    if part == FREE:
        pixels, labels = (chosen(array, dataset.rows, path) for array in (pixels, labels))
    pixels = _numbers(_with_channels(pixels, dataset, path), path)
    return pixels, labels, np.full(len(labels), part, np.int8)


def _with_channels(pixels: Array, dataset: Pictures, path: Path) -> Array:
    """(rows, channels, height, width), from that order or from channels last."""
    if pixels.ndim == 3:
        return pixels[:, None]
    if pixels.ndim != 4 or 0 in pixels.shape:
        said = "expected (pictures, height, width), or that with 1 or 3 colours before or behind"
        raise BadInput(f"the pictures are of shape {pixels.shape}; {said}", path)
    first, last = (pixels.shape[axis] in (1, 3) for axis in (1, 3))
    where = dataset.channels or {(True, False): "first", (False, True): "last"}.get((first, last))
    if where is None and (first or last):
        said = "give `channels: first` or `channels: last`"
        raise BadInput(f"of shape {pixels.shape}, either side may be the colours; {said}", path)
    if not (first if where == "first" else last):
        raise BadInput(f"the pictures are of shape {pixels.shape}, without 1 or 3 colours", path)
    return pixels if where == "first" else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def _numbers(pixels: Array, path: Path) -> Array:
    """uint8 where that holds them, else float32; `BadInput` for what is not finite."""
    if pixels.dtype == np.uint8 or pixels.dtype == np.bool_:
        return pixels.astype(np.uint8, copy=False)
    if pixels.dtype.kind in "iu" and pixels.size and pixels.min() >= 0 and pixels.max() <= 255:
        return pixels.astype(np.uint8)
    with np.errstate(over="ignore"):
        made = pixels.astype(np.float32)
    wrong = ~np.isfinite(made).all(axis=(1, 2, 3))
    if wrong.any():
        row = int(wrong.argmax()) + 1
        raise BadInput(f"picture {row:,} holds a number that is missing or infinite", path)
    return made


def _classes(labels: Array, dataset: Pictures, path: Path) -> tuple[Array, tuple[str, ...]]:
    """Class numbers and the classes' names; labels needn't be 0, 1, 2, … unless they have names."""
    if labels.dtype.kind == "f" and not (labels == labels.round()).all():
        raise BadInput("holds labels that are not whole numbers, so they are no classes", path)
    names = dataset.class_names
    if names is None:
        values, y = np.unique(labels, return_inverse=True)
        if len(values) > MOST_CLASSES:
            raise BadInput(f"holds {len(values):,} different labels, too many to be classes", path)
        return y.astype(np.int64), tuple(class_name(value.item()) for value in values)
    wrong = (labels < 0) | (labels >= len(names))
    if wrong.any():
        row = int(wrong.argmax())
        said = f"label {row + 1:,} is {labels[row]}, but there are {len(names)} class_names, from 0"
        raise BadInput(said, path)
    return labels.astype(np.int64), names


def _refuse_other_count(pictures: int, labels: int, path: Path, where: str) -> None:
    if pictures != labels:
        said = f"holds {pictures:,} pictures, but {visible(where, 300)} holds {labels:,} labels"
        raise BadInput(said, path)
