"""Presets: Experiments in YAML files, shipped or one's own."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tui_lab.errors import BadInput, CannotWrite, nearest, visible
from tui_lab.experiment.changes import Change, rooted, with_changes
from tui_lab.experiment.dataset import shipped_folder
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.mistakes import validated
from tui_lab.experiment.yaml_file import Path_, Places, bad_at, dump, parse, read_text

DEFAULT = "digits"


def shipped_presets() -> dict[str, Path]:
    """The shipped presets by name, in the order of the course."""
    return {path.stem: path for path in sorted(shipped_folder("presets").glob("*.yaml"))}


def find_preset(name: str) -> Path:
    """The file of a preset, given as a path or as the name of a shipped one."""
    shipped = shipped_presets()
    if name in shipped and not os.path.isfile(name):
        return shipped[name]
    if name.endswith((".yaml", ".yml")) or os.path.exists(name) or os.sep in name:
        return Path(name)
    hint = nearest(name, shipped) or f" (known: {', '.join(shipped)})"
    raise BadInput(f'there is no preset "{visible(name, 60)}"{hint}')


@dataclass(frozen=True)
class Preset:
    """An Experiment as it was read, and where its parts stand."""

    file: Path
    experiment: Experiment
    places: Places
    changes: tuple[Change, ...] = ()

    def bad(self, sentence: str, path: Path_) -> BadInput:
        """`BadInput` about the part at `path`, with the place or the change that it comes from."""
        changed = [change for change in self.changes if change.touches(path)] if path else []
        if changed:
            return BadInput(sentence, f"--set {changed[-1].text}")
        return bad_at(path, sentence, self.places, self.file)


def read_preset(name: str | Path, changes: tuple[str, ...] = ()) -> Preset:
    """A preset with `key=value` changes applied; a CSV's path is made absolute."""
    path = find_preset(str(name))
    data, places = parse(read_text(path), path)
    experiment = rooted(validated(Experiment, data, places, path), path.parent)
    changed, made = with_changes(experiment, changes) if changes else (experiment, ())
    return Preset(path, changed, places, made)


def load_preset(name: str | Path, changes: tuple[str, ...] = ()) -> Experiment:
    """The Experiment in a preset; see `read_preset`."""
    return read_preset(name, changes).experiment


def written(experiment: Experiment) -> str:
    """The Experiment as YAML: only what differs from the defaults."""
    return dump(experiment.model_dump(mode="json", exclude_defaults=True))


def resolved(experiment: Experiment) -> str:
    """The Experiment as YAML with every default filled in, so that it stays what it is."""
    return dump(experiment.model_dump(mode="json"))


def save_preset(experiment: Experiment, path: Path) -> None:
    """Writes a preset; the old file stays whole until the new one is."""
    write_file(path, written(experiment).encode())


def write_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Replaces a file at once: temporary name, flush, fsync, rename; or `CannotWrite`.

    Whatever goes wrong, also while parts of the content are being made, the old file stays.
    """
    try:
        name = f".{path.name[:100]}.{os.getpid()}."
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=name, suffix=".tmp")
    except OSError as error:
        raise CannotWrite(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            raise CannotWrite(path, error) from None
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """So that after a power cut the new name is there too; some file systems can't, or needn't."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Removes what `write_file` left behind in processes that are dead."""
    import psutil

    for path in folder.glob(".*.tmp"):
        match = re.fullmatch(r"\..*\.(\d{1,9})\.\w+\.tmp", path.name)
        if match and not psutil.pid_exists(int(match[1])):
            path.unlink(missing_ok=True)
