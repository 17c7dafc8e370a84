"""A folder with a folder of pictures for each class, perhaps below train, validation and test."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TypeVar

import numpy as np

from tui_lab.data.open_file import refuse_if_too_large
from tui_lab.data.picture_file import KINDS, Look, look, pixels_of
from tui_lab.data.picture_set import PictureSet, chosen, proposed, refuse_too_many_numbers
from tui_lab.data.progress import progressed
from tui_lab.data.split import FREE, WORDS
from tui_lab.errors import BadInput, Fixable, visible
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.shape import written_shape

JUNK = ("thumbs.db", "desktop.ini", "__macosx")
"""What systems leave in folders, in lower case; hidden files are left out, too."""

TOLD_BROKEN = 3
"""So many of the pictures that can't be read are named."""
TOLD_EVERY = 64
"""After so many pictures it is told how far the reading is."""


T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """A file of a folder of pictures."""

    name: str
    """Relative to the folder, with / between the parts."""
    kind: str
    """The class."""
    part: int
    turn: int
    """How many files of its class and part come before it."""


@dataclass(frozen=True)
class Listing:
    """All files of a folder of pictures; the classes take turns."""

    files: tuple[Found, ...]
    ignored: int
    """How many files are hidden, a system's own, or in no class's folder."""


def listed(folder: Path) -> Listing:
    """What there is to read; `BadInput` for a folder that is not laid out so."""
    ignored: set[str] = set()
    tops = _tops(folder, ignored)
    files = [file for top, part in tops for file in _below(folder, top, part, ignored)]
    files.sort(key=lambda file: (file.part, file.turn, file.kind))
    return Listing(tuple(files), len(ignored))


def read_folder(dataset: Pictures, folder: Path) -> PictureSet:
    """All pictures, or the rows asked for; `BadInput` naming the first files that are no good."""
    listing = listed(folder)
    files = chosen(listing.files, dataset.rows, folder)
    looks = list(_each(files, folder, look, 0.0))
    grey = all(one.grey for one in looks) if dataset.grey is None else dataset.grey
    size = dataset.size or _only_size(files, looks, grey, folder)
    shape = (1 if grey else 3, *size)
    refuse_too_many_numbers(*shape, folder)
    refuse_if_too_large(len(files) * prod(shape), folder)
    pixels = np.empty((len(files), *shape), np.uint8)
    for row, picture in enumerate(_each(files, folder, lambda p: pixels_of(p, grey, size), 0.5)):
        pixels[row] = picture
    classes = sorted({file.kind for file in listing.files})
    y = np.array([classes.index(file.kind) for file in files], np.int64)
    part = np.array([file.part for file in files], np.int8)
    return PictureSet(pixels, y, tuple(classes), part, tuple(_notes(listing, looks, grey, size)))


def _each(
    files: Sequence[Found], folder: Path, read: Callable[[Path], T], already: float
) -> Iterator[T]:
    """What is read of each file; in the end `BadInput` if any could not be."""
    broken: list[tuple[str, BadInput]] = []
    for file in _telling(files, already):
        try:
            found = read(folder / file.name)
        except BadInput as error:
            broken.append((file.name, error))
        else:
            yield found
    if len(broken) == 1:
        raise broken[0][1]
    if broken:
        names = ", ".join(f'"{visible(name, 100)}"' for name, _ in broken[:TOLD_BROKEN])
        more = f" and {len(broken) - TOLD_BROKEN:,} more" if len(broken) > TOLD_BROKEN else ""
        said = f"{len(broken):,} pictures can't be read: {names}{more}; delete or replace them"
        raise BadInput(said, folder)


def refuse_without_folders(folder: Path) -> None:
    """`BadInput` if a folder has no folder that could hold the pictures of a class."""
    _tops(folder, set())


def _tops(folder: Path, ignored: set[str]) -> list[tuple[str, int]]:
    """The folders that hold those of the classes, each with the split it is for."""
    names = [entry.name for entry in _entries(folder, "", ignored) if entry.is_dir()]
    if not names:
        raise BadInput("holds no folders; expected a folder of pictures for each class", folder)
    if not any(WORDS.get(name.lower()) == FREE for name in names):
        return [("", FREE)]
    if other := [name for name in names if name.lower() not in WORDS]:
        said = f'"{visible(other[0], 100)}" is no split, but others are: train, validation, test'
        raise BadInput(said, folder)
    return [(f"{name}/", WORDS[name.lower()]) for name in names]


def _below(folder: Path, top: str, part: int, ignored: set[str]) -> Iterator[Found]:
    """The files of each class in a folder."""
    for kind in _entries(folder, top, ignored):
        if not kind.is_dir():
            ignored.add(top + kind.name)
            continue
        inside = f"{top}{kind.name}/"
        names = [entry.name for entry in _entries(folder, inside, ignored)]
        for name in names:
            _refuse_no_picture(folder / inside / name)
        if not names:
            raise BadInput("holds no picture; fill this class's folder or delete it",
                           folder / inside)  # fmt: skip
        yield from (Found(inside + name, kind.name, part, turn) for turn, name in enumerate(names))


def _entries(folder: Path, inside: str, ignored: set[str]) -> list["os.DirEntry[str]"]:
    """What lies in a part of the folder, by name; links that lead out of it are refused."""
    found = []
    for entry in _scanned(folder / inside):
        path = folder / inside / entry.name
        if entry.name.startswith(".") or entry.name.lower() in JUNK:
            ignored.add(inside + entry.name)
            continue
        if entry.is_symlink() and not _is_inside(path, folder):
            raise BadInput("is a link that leads out of the folder; copy what it leads to", path)
        if _has_surrogates(entry.name):
            raise BadInput("has a name that is not UTF-8 text; rename it", path)
        found.append(entry)
    return found


def _scanned(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}", folder) from None


def _is_inside(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _has_surrogates(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)


def _refuse_no_picture(path: Path) -> None:
    """`BadInput` for what is no PNG or JPEG file by its name."""
    if path.is_dir():
        raise BadInput("is a folder in a class's folder; only pictures may be there", path)
    if path.suffix.lower() not in KINDS:
        raise BadInput("is not a picture; a class's folder may hold PNG and JPEG files", path)


def _telling(files: Sequence[Found], already: float) -> Iterator[Found]:
    """The files one by one; each half of the work tells how far it is."""
    for number, file in enumerate(files):
        if number % TOLD_EVERY == 0:
            progressed(already + number / len(files) / 2)
        yield file


def _only_size(
    files: Sequence[Found], looks: Sequence[Look], grey: bool, folder: Path
) -> tuple[int, int]:
    """The size of all; `Fixable` naming the sizes there are, with one to take instead."""
    sizes = Counter((one.height, one.width) for one in looks)
    if len(sizes) == 1:
        return next(iter(sizes))
    first = {(one.height, one.width): file.name
             for file, one in reversed(list(zip(files, looks, strict=True)))}  # fmt: skip
    common = sizes.most_common()
    told = [f'{h}x{w} ("{visible(first[h, w], 100)}")' for (h, w), _ in common[:3]]
    more = f" and {len(sizes) - 3} more sizes" if len(sizes) > 3 else ""
    size = proposed(1 if grey else 3, *common[0][0])
    raise Fixable(
        f"holds pictures of different sizes: {', '.join(told)}{more}; give a `size` (height, "
        f"width) to bring them to, such as {list(size)}",
        folder,
        f"bring all to {written_shape(size)}",
        size=size,
    )


def _notes(
    listing: Listing, looks: Sequence[Look], grey: bool, size: tuple[int, int]
) -> Iterator[str]:
    """What was done to the pictures."""
    other = [one for one in looks if (one.height, one.width) != size]
    squashed = [one for one in other if one.height * size[1] != one.width * size[0]]
    if other:
        told = f", of which {_were(len(squashed))} squashed, having other proportions"
        yield (f"{_were(len(other), ' picture')} brought to {written_shape(size)}"
               + told * bool(squashed))  # fmt: skip
    without_colour = sum(one.grey for one in looks)
    if without_colour and not grey:
        coloured = len(looks) - without_colour
        yield (f"{without_colour:,} grey pictures enter in three colours, as {coloured:,} are in "
               "colour; `grey: true` makes all grey")  # fmt: skip
    if turned_grey := sum(not one.grey for one in looks) * grey:
        yield f"{_were(turned_grey, ' picture', ' in colour')} made grey"
    if clear := sum(one.transparent for one in looks):
        yield f"{_were(clear, ' picture', ' with see-through parts')} laid on white"
    if listing.ignored:
        yield f"{_were(listing.ignored, ' file')} ignored: hidden, a system's own, or in no class"


def _were(number: int, what: str = "", which: str = "") -> str:
    return (
        f"1{what}{which} was" if number == 1 else f"{number:,}{what}{'s' * bool(what)}{which} were"
    )
