"""Presets: Experiments in YAML files, shipped or one's own."""

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput, CannotWrite, nearest
from tui_lab.experiment.dataset import Csv, shipped_folder
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.yaml_file import dump, parse, read_text, validated

DEFAULT = "digits"


def shipped_presets() -> dict[str, Path]:
    """The shipped presets by name, in the order of the course."""
    return {path.stem: path for path in sorted(shipped_folder("presets").glob("*.yaml"))}


def find_preset(name: str) -> Path:
    """The file of a preset, given as a path or as the name of a shipped one."""
    shipped = shipped_presets()
    if name in shipped and not Path(name).is_file():
        return shipped[name]
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists() or os.sep in name:
        return path
    hint = nearest(name, shipped) or f" (known: {', '.join(shipped)})"
    raise BadInput(f'there is no preset "{name}"{hint}')


def load_preset(name: str | Path, changes: tuple[str, ...] = ()) -> Experiment:
    """The Experiment in a preset, with `key=value` changes applied; a CSV's path made absolute."""
    path = find_preset(str(name))
    data, places = parse(read_text(path), path)
    for change in changes:
        data = _changed(data, change)
    experiment: Experiment = validated(Experiment, data, places, path)
    return _rooted(experiment, path.parent, changed=any("dataset.csv" in c for c in changes))


def _rooted(experiment: Experiment, folder: Path, changed: bool) -> Experiment:
    if not isinstance(experiment.dataset, Csv) or changed:
        return experiment
    csv = os.path.abspath(folder / Path(experiment.dataset.csv).expanduser())
    return experiment.replace(dataset=experiment.dataset.replace(csv=csv))


def _changed(data: Any, change: str) -> Any:
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise BadInput(f'--set wants key=value, for example training.epochs=5, not "{change}"')
    value, _ = parse(text, f"--set {key}")
    return _with(data, key.split("."), value)


def _with(data: Any, keys: list[str], value: Any) -> Any:
    """`data` with the part at `keys` replaced; parts written in short are written out."""
    if not keys:
        return value
    key = keys[0]
    if isinstance(data, list):
        if not key.isdigit() or not 1 <= int(key) <= len(data):
            raise BadInput(f'--set: "{key}" is not a position from 1 to {len(data)}')
        at = int(key) - 1
        return [*data[:at], _with(data[at], keys[1:], value), *data[at + 1 :]]
    inner = data if isinstance(data, dict) else {data: {}} if isinstance(data, str) else {}
    if len(inner) == 1 and key not in inner and next(iter(inner))[:1].isupper():
        name, fields = next(iter(inner.items()))
        written = fields if isinstance(fields, dict) else _long(name, fields)
        return {name: _with(written, keys, value)}
    return {**inner, key: _with(inner.get(key), keys[1:], value)}


def _long(name: str, value: object) -> dict[str, object]:
    kind = _named_kinds().get(name)
    return {kind.first: value} if kind and kind.first and value is not None else {}


@cache
def _named_kinds() -> dict[str, Any]:
    from tui_lab.experiment.layers import Layer
    from tui_lab.experiment.losses import Loss
    from tui_lab.experiment.optimizers import Optimizer, Schedule

    return {**Layer.kinds(), **Loss.kinds(), **Optimizer.kinds(), **Schedule.kinds()}


def written(experiment: Experiment) -> str:
    """The Experiment as YAML: only what differs from the defaults."""
    return dump(experiment.model_dump(mode="json", exclude_defaults=True))


def save_preset(experiment: Experiment, path: Path) -> None:
    """Writes a preset; the old file stays whole until the new one is."""
    write_file(path, written(experiment).encode())


def write_file(path: Path, content: bytes) -> None:
    """Replaces a file at once: temporary name, flush, fsync, rename; or `CannotWrite`."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    except OSError as error:
        raise CannotWrite(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise CannotWrite(path, error) from None
