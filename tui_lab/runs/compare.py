"""What differs between Experiments, by the dotted keys of `--set`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.named import Named, Part

TEXTS = ("title", "notes", "section", "sweep")
"""What is said about an Experiment, and decides nothing in a training."""
ABSENT = "–"


@dataclass(frozen=True)
class Setting:
    """One value of an Experiment; `is_usual` if it is what is there unless one says otherwise."""

    value: Any
    is_usual: bool = False


def settings(experiment: Experiment) -> dict[str, Setting]:
    """Every setting by its dotted key: `optimizer` is a class's name, `optimizer.lr` its field."""
    flat = dict(_flat("", experiment))
    return {key: setting for key, setting in flat.items() if _decides(key)}


def _decides(key: str) -> bool:
    return key.partition(".")[0] not in TEXTS


def differences(experiments: Sequence[Experiment]) -> dict[str, list[Any]]:
    """The values of each key that differs, one for each Experiment, `–` where it has none.

    What only some of them have is left out where it is as usual.
    """
    found = [settings(experiment) for experiment in experiments]
    keys = dict.fromkeys(key for one in found for key in one)
    outer = {key.rpartition(".")[0] for key in keys}
    return {
        key: [one[key].value if key in one else ABSENT for one in found]
        for key in sorted(keys, key=_place)
        if _differs([one[key] for one in found if key in one], len(found), key in outer)
    }


def _differs(there: list[Setting], count: int, is_outer: bool) -> bool:
    """Whether the values of a key differ among `count` Experiments; an outer one has others in it.

    No early stopping is as usual, but is told beside one that has a patience.
    """
    if any(setting.value != there[0].value for setting in there):
        return True
    return len(there) < count and (is_outer or not all(setting.is_usual for setting in there))


def _place(key: str) -> tuple[int, tuple[tuple[int, str], ...]]:
    """The order of the keys: as in a preset, layers by their number."""
    first, *rest = key.split(".")
    names = [name for name, _ in _fields(Experiment)]
    return names.index(first), tuple((int(x) if x.isdigit() else -1, x) for x in rest)


def _flat(before: str, part: Part) -> Iterator[tuple[str, Setting]]:
    """The settings in a part; `before` is the beginning of their keys."""
    for written, field in _fields(type(part)):
        value, key = getattr(part, field), before + written
        usual = type(part).model_fields[field].get_default(call_default_factory=True)
        if isinstance(value, Part):
            yield from _inner(key, value, is_extra=usual is None)
        elif isinstance(value, tuple) and value and isinstance(value[0], Part):
            for number, item in enumerate(value, start=1):
                yield from _inner(f"{key}.{number}", item, is_extra=False)
        else:
            yield key, Setting(list(value) if isinstance(value, tuple) else value, value == usual)


def _inner(key: str, part: Part, is_extra: bool) -> Iterator[tuple[str, Setting]]:
    """A part's class, if that has a choice; an extra one says all of itself instead."""
    if isinstance(part, Named):
        yield key, Setting(type(part).__name__)
        is_extra = False
    for inner, setting in _flat(f"{key}.", part):
        yield inner, Setting(setting.value, setting.is_usual and not is_extra)


def _fields(kind: type[Part]) -> Iterator[tuple[str, str]]:
    """The fields as they are written, and as Python calls them."""
    return ((info.alias or name, name) for name, info in kind.model_fields.items())
