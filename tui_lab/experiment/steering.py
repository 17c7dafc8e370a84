"""What may change while a training goes on: rates, dropout, schedule, how long, when to stop."""

import json
from collections.abc import Iterable
from typing import Any

from tui_lab.errors import BadInput
from tui_lab.experiment.changes import with_changes
from tui_lab.experiment.edits import set_field
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Dropout, Layer

FREE = ("optimizer", "schedule")
FREE_TRAINING = ("epochs", "clip_grad_norm", "early_stopping")
CAN_CHANGE = "a training that has begun can change its optimizer, schedule, dropout and epochs"


def steered(experiment: Experiment, changes: Iterable[str]) -> Experiment:
    """The Experiment with `key=value` changes, as for `--set`; `dropout` stands for every p.

    `BadInput` for a change that only another training could make.
    """
    for change in changes:
        new = changed(experiment, change)
        if (kept := _kept(experiment)) != (other := _kept(new)):
            what = next(key for key in kept if kept[key] != other[key])
            raise BadInput(f"{CAN_CHANGE}, but not {what}", f"--set {change}")
        experiment = new
    return experiment


def changed(experiment: Experiment, change: str) -> Experiment:
    """The Experiment with a `key=value` change, as for `--set`; `dropout` stands for every p."""
    key, _, value = change.partition("=")
    if key != "dropout":
        return with_changes(experiment, (change,))[0]
    layers = experiment.layers or ()
    try:
        p = set_field(Dropout(), "p", value).p
    except BadInput as error:
        raise BadInput(str(error), f"--set {change}") from None
    if not any(isinstance(layer, Dropout) for layer in layers):
        raise BadInput("there is no Dropout layer to set", f"--set {change}")
    return experiment.replace(layers=tuple(_with_p(layer, p) for layer in layers))


def _with_p(layer: Layer, p: float) -> Layer:
    return layer.replace(p=p) if isinstance(layer, Dropout) else layer


def _kept(experiment: Experiment) -> dict[str, Any]:
    """What must stay as it is, by name."""
    layers = tuple(_with_p(layer, 0.0) for layer in experiment.layers or ())
    training = {f"training.{key}": value for key, value in experiment.training}
    whole = dict(experiment) | {"layers": layers} | training
    free = (*FREE, "training", *(f"training.{key}" for key in FREE_TRAINING))
    return {key: value for key, value in whole.items() if key not in free}


def beyond(old: Experiment, new: Experiment) -> list[str]:
    """What differs between the Experiments that a training that has begun can't change."""
    before, after = _kept(old), _kept(new)
    titles = ("title", "notes", "section", "sweep")
    return [key for key in before if before[key] != after[key] and key not in titles]


def changes_between(old: Experiment, new: Experiment) -> list[str]:
    """The `key=value` changes that lead from one Experiment to the other, where they may differ."""
    found = _fields("training", old.training, new.training, FREE_TRAINING)
    for name in FREE:
        before, after = getattr(old, name), getattr(new, name)
        if type(before) is type(after) and before is not None:
            found += _fields(name, before, after, tuple(type(after).model_fields))
        elif before != after:
            found.append(f"{name}={json.dumps(after and after.written())}")
    pairs = zip(old.layers or (), new.layers or (), strict=False)
    for place, (was, layer) in enumerate(pairs, 1):
        if isinstance(layer, Dropout) and isinstance(was, Dropout) and layer.p != was.p:
            found.append(f"layers.{place}.p={layer.p}")
    return found


def _fields(name: str, old: Any, new: Any, fields: tuple[str, ...]) -> list[str]:
    before, after = (part.model_dump(mode="json") for part in (old, new))
    return [f"{name}.{f}={json.dumps(after[f])}" for f in fields if before[f] != after[f]]
