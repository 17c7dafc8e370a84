"""The user's own keys: `keymap.yaml` with a line for each binding, such as `main.train: "f9"`."""

import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, Keys, key_to_character

import tui_lab.lab
from tui_lab.errors import BadInput, nearest
from tui_lab.experiment.yaml_file import Places, parse, read_text

MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
NAMES = {key.value for key in Keys} | set(REPLACED_KEYS)


def keymap_path() -> Path:
    """The file: in `$TUI_LAB_HOME`, or else in the platform's folder for settings."""
    home = os.environ.get("TUI_LAB_HOME")
    return (
        Path(home).expanduser() if home else platformdirs.user_config_path("tui-lab")
    ) / "keymap.yaml"


def read_keymap() -> dict[str, str]:
    """Keys by binding id, empty without a file; `BadInput` for an unknown id or key, or a clash."""
    path = keymap_path()
    if not path.exists():
        return {}
    data, places = parse(read_text(path), path)
    if not isinstance(data, dict | None):
        raise BadInput('should hold lines like `main.train: "f9"`', path, 1, 1)
    groups = [_keys_by_id(node) for node in _nodes()]
    for name, keys in (data or {}).items():
        _check(name, keys, {id for group in groups for id in group}, places, path)
    for group in groups:
        _refuse_clash(group, data or {}, places, path)
    return data or {}


def _check(name: str, keys: Any, known: set[str], places: Places, path: Path) -> None:
    if name not in known:
        hint = nearest(name, known) or f" (known: {', '.join(sorted(known))})"
        raise _bad(f'there is no key binding "{name}"{hint}', path, places[(name, "key")])
    if not isinstance(keys, str):
        raise _bad(f'{name} should be a key in quotes, such as "f9"', path, places[(name,)])
    for key in keys.split(","):
        if not _is_key(key.strip()):
            sentence = f'{name}: there is no key "{key.strip()}"{nearest(key.strip(), NAMES)}'
            raise _bad(sentence, path, places[(name,)])


def _is_key(key: str) -> bool:
    *modifiers, name = key.split("+") if len(key) > 1 else [key]
    known = len(name) == 1 or name in NAMES or key_to_character(name) is not None
    return known and set(modifiers) <= MODIFIERS


def _refuse_clash(
    group: dict[str, str], changes: dict[str, str], places: Places, path: Path
) -> None:
    """Two bindings of one widget on one key: the other would silently lose it."""
    owners: dict[str, str] = {}
    for name in sorted(group, key=lambda name: name in changes):
        for key in changes.get(name, group[name]).split(","):
            other = owners.setdefault(key.strip(), name)
            if other != name and name in changes:
                sentence = f'"{key.strip()}" is the key of {other}; give that one another key'
                raise _bad(sentence, path, places[(name,)])


def _bad(sentence: str, path: Path, mark: Any) -> BadInput:
    return BadInput(sentence, path, mark.line + 1, mark.column + 1)


def _keys_by_id(node: type[DOMNode]) -> dict[str, str]:
    bindings = [binding for binding in vars(node)["BINDINGS"] if isinstance(binding, Binding)]
    return {binding.id: binding.key for binding in bindings if binding.id}


def _nodes() -> Iterator[type[DOMNode]]:
    """Every class of the lab that has bindings, those of screens not opened yet too."""
    for module in pkgutil.walk_packages(tui_lab.lab.__path__, "tui_lab.lab."):
        importlib.import_module(module.name)
    for node in _subclasses(DOMNode):
        if node.__module__.startswith("tui_lab.lab.") and "BINDINGS" in vars(node):
            yield node


def _subclasses(node: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for child in node.__subclasses__():
        yield child
        yield from _subclasses(child)
