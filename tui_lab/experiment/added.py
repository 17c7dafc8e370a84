"""Datasets that people added under names of their own, in folders of `$TUI_LAB_HOME/datasets`."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.dataset import Csv, FromFile, card_of, shipped_names
from tui_lab.experiment.generated import generated_kinds
from tui_lab.experiment.losses import Task
from tui_lab.experiment.mistakes import first_of, sentence_for, validated
from tui_lab.experiment.named import Part
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.yaml_file import parse, read_text
from tui_lab.home import added_datasets

FILE = "dataset.yaml"
Count = Annotated[int, Field(ge=0)]
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_NAMES_OF_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
"""Windows takes none of these for a folder."""


class Added(Part):
    """`dataset.yaml`: what lists say of a dataset, and the dataset, with paths from there."""

    task: Task
    rows: Count
    features: Count
    classes: Count
    dataset: dict[str, Any]


def added_names() -> list[str]:
    """All names that can be used, sorted; one that is shipped or generated can't, see `is_free`."""
    return sorted(
        file.parent.name
        for file in added_datasets().glob(f"*/{FILE}")
        if _NAME.fullmatch(file.parent.name) and is_free(file.parent.name)
    )


def is_added(name: str) -> bool:
    """Whether a name stands for an added dataset."""
    return bool(_NAME.fullmatch(name)) and is_free(name) and (_folder(name) / FILE).is_file()


def is_free(name: str) -> bool:
    """Whether no dataset of the program has a name, unless that only stands in for another."""
    if name in generated_kinds():
        return False
    return name not in shipped_names() or card_of(name).stand_in


def refuse_name(name: str) -> None:
    """`BadInput` unless a dataset can be added under a name."""
    if not _NAME.fullmatch(name) or _NAMES_OF_DEVICES.fullmatch(name):
        raise BadInput(
            f'"{visible(name, 60)}" can\'t be the name of a dataset: up to 60 lower-case letters '
            "a-z, digits, - and _ can, beginning with a letter or digit (--name gives another)"
        )
    if not is_free(name):
        raise BadInput(f'there is a dataset "{name}" already; give another name with --name')
    if _folder(name).exists():
        raise BadInput(
            f'a dataset "{name}" was added already; give another name with --name, or first: '
            f"tui-lab datasets remove {name}"
        )


def name_for(path: Path) -> str:
    """A name for what is in a file or folder, which may still be one that can't be used."""
    stem = path.name.partition(".")[0] or path.name
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")


def folder_of(name: str) -> Path:
    """The folder of an added dataset; `BadInput` if there is none of that name."""
    if not _NAME.fullmatch(name) or not _folder(name).is_dir():
        known = [path.parent.name for path in added_datasets().glob(f"*/{FILE}")]
        hint = nearest(name, known) or f" (added: {', '.join(sorted(known)) or 'none'})"
        raise BadInput(f'no dataset "{visible(name, 60)}" was added{hint}')
    return _folder(name)


def read_added(name: str) -> Added:
    """What lists say of an added dataset; `BadInput` for a mistake in its file."""
    file = _folder(name) / FILE
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> Added:
    data, places = parse(read_text(file), file)
    found: Added = validated(Added, data, places, file)
    return found


def written_out(value: dict[str, Any]) -> dict[str, Any]:
    """`{name: mine, batch_size: 8}` with what `mine` is in place of the name."""
    others = {key: part for key, part in value.items() if key != "name"}
    return _found(str(value["name"])) | others


def by_name(dataset: FromFile, written: dict[str, Any]) -> dict[str, Any]:
    """The same, with the name in place of what is said in its file, if it was added."""
    name = dataset.title
    if Path(getattr(dataset, dataset.paths[0])).parent != _folder(name) or not is_added(name):
        return written
    found = _found(name)
    files = {key: path for key, path in found.items() if key in dataset.paths}
    if not set(found) <= set(written) or files != {k: written.get(k) for k in files}:
        return written
    return {"name": name} | {k: v for k, v in written.items() if found.get(k) != v}


def _found(name: str) -> dict[str, Any]:
    """The dataset in a file as a preset has it, with whole paths; `BadInput` if one leads out."""
    folder = _folder(name)
    data = read_added(name).dataset
    kind = Pictures if "pictures" in data else Csv
    try:
        dataset = kind.model_validate(data)
    except ValidationError as error:
        raise BadInput(sentence_for(first_of(error, data), kind), folder / FILE) from None
    paths = {key: path for key in kind.paths if (path := getattr(dataset, key))}
    for path in paths.values():
        if not Path(os.path.normpath(folder / path)).is_relative_to(folder):
            said = f'names "{visible(path, 200)}", which is not in its folder'
            raise BadInput(said, folder / FILE)
    return data | {key: os.path.normpath(folder / path) for key, path in paths.items()}


def _folder(name: str) -> Path:
    return added_datasets() / name
