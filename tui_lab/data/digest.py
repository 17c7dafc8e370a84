"""The sha256 of a dataset's files, by which a changed one is noticed."""

import hashlib
from functools import lru_cache
from pathlib import Path

from tui_lab.data.idx import labels_beside
from tui_lab.data.open_file import Stamp, opened, stamp_of
from tui_lab.data.picture_folder import listed
from tui_lab.data.progress import progressed
from tui_lab.errors import Fixable
from tui_lab.experiment.dataset import FromFile
from tui_lab.experiment.pictures import Pictures


def digest_of(dataset: FromFile) -> str:
    """The sha256 of the only file; of several, that of their digests one after another."""
    digests = [_digest(path) for path in paths_of(dataset).values()]
    return digests[0] if len(digests) == 1 else _sha256("".join(digests))


def paths_of(dataset: FromFile) -> dict[str, Path]:
    """What a dataset is read from, by field: what it names, and labels found beside."""
    paths = {name: getattr(dataset, name) for name in dataset.paths}
    if isinstance(dataset, Pictures):
        for labels, pictures in (("labels", "pictures"), ("test_labels", "test")):
            if paths[pictures] and not paths[labels]:
                paths[labels] = labels_beside(Path(paths[pictures]))
    return {name: Path(path) for name, path in paths.items() if path}


def files_of(path: Path) -> list[Path]:
    """A file, or all files of a folder of pictures, by name."""
    if not path.is_dir():
        return [path]
    return [path / name for name in sorted(found.name for found in listed(path).files)]


def refuse_changed(dataset: FromFile) -> None:
    """`Fixable` if the files are not those that the dataset was made with."""
    if dataset.sha256 and (found := digest_of(dataset)) != dataset.sha256:
        raise Fixable(
            f"has changed since this was made: its sha256 begins with {found[:8]}, not with "
            f"{dataset.sha256[:8]}; take `sha256` out of the dataset to use it as it is now",
            Path(getattr(dataset, dataset.paths[0])),
            "use it as it is now",
            sha256=None,
        )


def _digest(path: Path) -> str:
    """The sha256 of a file, or of the names and digests of a folder's files."""
    files = files_of(path)
    if files == [path]:
        return digest_of_file(path)
    told = []
    for number, file in enumerate(files):
        progressed(number / len(files))
        told.append(f"{file.relative_to(path).as_posix()}\0{digest_of_file(file)}")
    return _sha256("\0".join(told))


def digest_of_file(path: Path) -> str:
    """The sha256 of a file, computed again only when it has changed."""
    with opened(path) as file:
        return _known_digest(path, stamp_of(file))


@lru_cache(maxsize=64)
def _known_digest(path: Path, stamp: Stamp) -> str:
    found = hashlib.sha256()
    with opened(path) as file:
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
