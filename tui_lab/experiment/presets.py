"""Presets: Experiments in YAML files, shipped or one's own."""

import os
from dataclasses import dataclass
from pathlib import Path

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.changes import Change, rooted, with_changes
from tui_lab.experiment.dataset import shipped_folder
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.mistakes import validated
from tui_lab.experiment.trials import misfits
from tui_lab.experiment.yaml_file import Path_, Places, bad_at, dump, parse, read_text
from tui_lab.files import write_file

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
    preset = Preset(path, changed, places, made)
    for sentence, place in misfits(changed):
        raise preset.bad(sentence, place)
    return preset


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
