"""`--set key=value`: changing an Experiment by the names that stand in a preset."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tui_lab.errors import BadInput
from tui_lab.experiment.catalogue import FILES, fields_of
from tui_lab.experiment.dataset import Csv, Dataset, FromFile
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.families import all_kinds
from tui_lab.experiment.generated import Generated, generated_kinds
from tui_lab.experiment.mistakes import first_of, place_of, sentence_for
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.yaml_file import Path_, parse

OF_ONE = {"rows", "classes", "columns", *Csv.model_fields, *Pictures.model_fields} - {
    "missing",
    *Dataset.model_fields,
}
"""What is said of one table or set of pictures, and not of another."""


@dataclass(frozen=True)
class Change:
    """One `key=value`, and the path in the preset that it leads to."""

    text: str
    path: Path_

    def touches(self, path: Path_) -> bool:
        """Whether it changes the part at `path`, or something in it."""
        short = min(len(self.path), len(path))
        return self.path[:short] == path[:short]


def with_changes(
    experiment: Experiment, texts: tuple[str, ...]
) -> tuple[Experiment, tuple[Change, ...]]:
    """The changed Experiment, and what was changed; a CSV's path follows the current folder."""
    data = experiment.model_dump(mode="json")
    whole = data["dataset"]
    data["dataset"] = experiment.dataset.model_dump(mode="json", exclude_defaults=True)
    changes: list[Change] = []
    for text in texts:
        keys, value = _read(text)
        if keys[0] == "dataset" and len(keys) > 2 and keys[1] in whole:
            data["dataset"].setdefault(keys[1], whole[keys[1]])
        data, path = _put(data, keys, value, text)
        changes.append(Change(text, path))
    if any(change.path[:1] == ("dataset",) for change in changes):
        data["dataset"] = _without_leftovers(data["dataset"], changes, experiment.dataset)
    else:
        data["dataset"] = experiment.dataset  # as it is: reading it again takes a while
    return rooted(_validated(data, changes), Path.cwd()), tuple(changes)


def _read(text: str) -> tuple[list[str], Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise BadInput(f'--set wants key=value, for example training.epochs=5, not "{text}"')
    return key.strip().split("."), parse(value, f"--set {text}")[0]


def _validated(data: Any, changes: list[Change]) -> Experiment:
    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        first = first_of(error, data)
        path = place_of(first, data)
        touching = [change for change in changes if change.touches(path)]
        text = (touching or changes)[-1].text
        raise BadInput(sentence_for(first, Experiment), f"--set {text}") from None


def _put(data: Any, keys: list[str], value: Any, text: str) -> tuple[Any, Path_]:
    """`data` with the part at `keys` replaced, and the path to it; class names may be left out."""
    if not keys:
        return value, ()
    if isinstance(data, list):
        at = _position(keys[0], len(data), text)
        inner, path = _put(data[at], keys[1:], value, text)
        return [*data[:at], inner, *data[at + 1 :]], (at, *path)
    data, key = _written_out(data), keys[0]
    name = next((name for name in data if name in all_kinds()), None)
    if name and key in all_kinds() and key != name:
        data = {}
    elif name and key != name:
        keys, key = [name, *keys], name
    inner, path = _put(data.get(key), keys[1:], value, text)
    return {**data, key: inner}, (key, *path)


def _position(key: str, count: int, text: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 6 and 1 <= int(key) <= count):
        raise BadInput(f'"{key}" is not a position from 1 to {count}', f"--set {text}")
    return int(key) - 1


def _written_out(data: Any) -> dict[str, Any]:
    """`ReLU` as `{ReLU: {}}`, `{Linear: 64}` as `{Linear: {out_features: 64}}`."""
    if isinstance(data, str):
        return {data: {}} if data in all_kinds() else {}
    if not isinstance(data, dict):
        return {}
    return {key: _fields(key, value) for key, value in data.items()}


def _fields(name: str, value: Any) -> Any:
    kind = all_kinds().get(name)
    if kind is None or isinstance(value, dict):
        return value
    return {} if value is None or kind.first is None else {kind.first: value}


def _without_leftovers(dataset: Any, changes: list[Change], former: Dataset) -> Any:
    """On another dataset, what only the former one knew is left out, unless it was asked for."""
    paths = [change.path for change in changes]
    if not isinstance(dataset, dict) or ("dataset",) in paths:
        return dataset
    asked = {path[1] for path in paths if path[0] == "dataset"}
    if named := asked & {"name", *FILES}:
        others = {"name", *FILES} - named
        dataset = {key: value for key, value in dataset.items() if key not in others}
    known = fields_of(dataset)
    if named:
        known -= {"sha256"} if _are_alike(former, dataset) else OF_ONE
    return {key: value for key, value in dataset.items() if key in asked or key in known}


def _are_alike(former: Dataset, dataset: dict[str, Any]) -> bool:
    """Whether both are made by formulas, or are files of one kind."""
    if isinstance(former, Generated):
        return dataset.get("name") in generated_kinds()
    return any(key in dataset and isinstance(former, kind) for key, kind in FILES.items())


def rooted(experiment: Experiment, folder: Path) -> Experiment:
    """The Experiment with the paths of its files, if it has any, made absolute from `folder`."""
    dataset, weights = experiment.dataset, experiment.weights
    if isinstance(dataset, FromFile):
        named = {name: getattr(dataset, name) for name in dataset.paths}
        whole = {name: _absolute(path, folder) for name, path in named.items() if path}
        dataset = dataset.replace(**whole)
    if weights and weights.is_file:
        weights = weights.replace(from_=_absolute(weights.from_, folder))
    return experiment.replace(dataset=dataset, weights=weights)


def _absolute(path: str, folder: Path) -> str:
    return os.path.abspath(folder / os.path.expanduser(path))
