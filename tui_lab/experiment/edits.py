"""Changing one thing of an Experiment from text, as the screen does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from pydantic import ValidationError

from tui_lab.errors import BadInput, nearest
from tui_lab.experiment.augmentation import Augmentation
from tui_lab.experiment.dataset import Dataset, Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Dropout, Layer, Linear, Weighted
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.mistakes import first_of, sentence_for
from tui_lab.experiment.named import Named, Part, key_of
from tui_lab.experiment.optimizers import Optimizer, Schedule
from tui_lab.experiment.yaml_file import dump, parse

Apply = Callable[[str], Experiment]
OURS = ("name", "frozen")
"""Fields of a layer that PyTorch's classes don't have."""
BATCHES = ("batch_size", "shuffle")
"""Fields of a dataset that belong to training."""


@dataclass(frozen=True)
class Entry:
    """One setting as a row of a list: its label, its value as text, and how to change it."""

    label: str
    value: str
    apply: Apply
    choices: tuple[str, ...] = ()
    """All values there are, if they can be listed; else the value is typed."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """A sentence on each choice, where there is one."""


def set_field(part: Any, field: str, text: str) -> Any:
    """`part` with `field` set from text as it stands in a preset; `BadInput` if wrong."""
    annotation = type(part).model_fields[field].annotation
    is_none = not text.strip() or (text.strip() == "none" and type(None) in get_args(annotation))
    value, _ = parse("null" if is_none else text)
    if annotation is str:
        value = text.strip()
    if isinstance(value, int | str) and (inner := _inner(annotation)):
        value = {key_of(inner, next(iter(inner.model_fields))): value}
    try:
        return part.replace(**{field: value})
    except ValidationError as error:
        raise BadInput(
            sentence_for(first_of(error, dict(part) | {field: value}), type(part))
        ) from None


def _inner(annotation: Any) -> type[Part] | None:
    """The part in `EarlyStopping | None`; a bare number there means its first field."""
    kinds = (x for x in get_args(annotation) if isinstance(x, type) and issubclass(x, Part))
    return next(kinds, None)


def field_entries(
    part: Part, put: Callable[[Any], Experiment], skip: tuple[str, ...]
) -> list[Entry]:
    """A row for each field of `part`, except `skip`; `put` gives the Experiment with a new part."""
    return [
        Entry(field, shown(getattr(part, field)), _setter(part, field, put), _choices(part, field))
        for field in type(part).model_fields
        if field not in skip
    ]


def _setter(part: Part, field: str, put: Callable[[Any], Experiment]) -> Apply:
    return lambda text: put(set_field(part, field, text))


def _choices(part: Part, field: str) -> tuple[str, ...]:
    annotation = type(part).model_fields[field].annotation
    if annotation is bool:
        return ("true", "false")
    if get_args(annotation) and all(isinstance(x, str) for x in get_args(annotation)):
        return tuple(map(str, get_args(annotation)))
    return ()


def shown(value: object) -> str:
    """A field's value as text that reads back as the same value."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if isinstance(value, Part):
        fields = value.model_dump(mode="json", exclude_defaults=True)
        first = next(iter(type(value).model_fields))
        value = fields if set(fields) - {key_of(type(value), first)} else getattr(value, first)
    text = dump(list(value) if isinstance(value, tuple) else value, one_line=True)
    return text.removesuffix("...\n").strip()


def dataset_entries(experiment: Experiment) -> list[Entry]:
    """The settings of the dataset itself; batches are among the hyperparameters."""
    return field_entries(experiment.dataset, _putter(experiment, "dataset"), ("name", *BATCHES))


MAIN = ("optimizer", "lr", "momentum", "dropout", "weight_decay", "batch_size", "epochs",
        "schedule", "loss", "augmentation", "seed", "device")  # fmt: skip
"""The hyperparameters that come first, in this order; the finer ones follow."""


def hyperparameter_entries(experiment: Experiment) -> list[Entry]:
    """Everything that is tried out: optimizer, rates, dropout, batches, epochs, schedule, loss."""
    kinds: dict[str, type[Named]] = {"optimizer": Optimizer, "schedule": Schedule, "loss": Loss}
    rows = [
        Entry("dropout", dropout(experiment), lambda p: with_dropout(experiment, p)),
        Entry("augmentation", augmentation(experiment), partial(with_augmentation, experiment)),
    ]
    for name, family in kinds.items():
        part, put = getattr(experiment, name), _putter(experiment, name)
        rows.append(_kind_entry(name, family, part, put))
        rows += field_entries(part, put, ()) if part else []
    rows += field_entries(
        experiment.dataset,
        _putter(experiment, "dataset"),
        tuple(x for x in type(experiment.dataset).model_fields if x not in BATCHES),
    )
    rows += field_entries(experiment.training, _putter(experiment, "training"), ())
    rows += _weights_entries(experiment)
    places = {name: place for place, name in enumerate(MAIN)}
    return sorted(rows, key=lambda row: places.get(row.label, len(MAIN)))


def _weights_entries(experiment: Experiment) -> list[Entry]:
    """Which weights are loaded, and how fast they learn; nothing if all are random."""
    weights = experiment.weights
    if weights is None:
        return []
    whole = Entry("weights", shown(weights), _setter(experiment, "weights", lambda new: new))
    factor = field_entries(weights, _putter(experiment, "weights"), ("from_", "layers"))
    return [whole, *factor]


def _putter(experiment: Experiment, name: str) -> Callable[[Any], Experiment]:
    return lambda value: experiment.replace(**{name: value})


def _kind_entry(
    label: str, family: type[Named], part: Named | None, put: Callable[[Any], Experiment]
) -> Entry:
    """A row that chooses among the classes of a family; fields of the same name are kept."""
    none = ("none",) if family is Schedule else ()

    def apply(text: str) -> Experiment:
        if text == "none" and none:
            return put(None)
        kind = kind_named(family, text)
        chosen = part.model_dump(exclude_unset=True) if part else {}
        return put(kind(**{k: v for k, v in chosen.items() if k in kind.model_fields}))

    notes = {name: first_sentence(kind) for name, kind in family.kinds().items()}
    now = type(part).__name__ if part else "none"
    return Entry(label, now, apply, (*none, *family.kinds()), notes)


def first_sentence(kind: type) -> str:
    """What a class is, from its docstring's first line."""
    return (kind.__doc__ or "").split("\n")[0]


def kind_named(family: Any, text: str) -> Any:
    """The class of `family` with this name in any case, or the only one that so begins."""
    by_lower = {name.lower(): kind for name, kind in family.kinds().items()}
    begins = [kind for name, kind in by_lower.items() if name.startswith(text.lower())]
    if text.lower() not in by_lower and len(begins) != 1:
        what = family.__name__.lower()
        raise BadInput(f'there is no {what} "{text}"{nearest(text, family.kinds())}')
    return by_lower.get(text.lower()) or begins[0]


def dropout(experiment: Experiment) -> str:
    """The p of the Dropout layers: a number, `mixed` if they differ, `0` without any."""
    found = {layer.p for layer in experiment.layers or () if isinstance(layer, Dropout)}
    return "mixed" if len(found) > 1 else shown(found.pop()) if found else "0"


def with_dropout(experiment: Experiment, text: str) -> Experiment:
    """Sets p of all Dropout layers, or adds one after each hidden activation; 0 removes them."""
    p = set_field(Dropout(), "p", text).p
    if experiment.layers is None:
        raise BadInput("dropout belongs to the layers, and there are none yet")
    layers = experiment.layers
    if not p:
        kept = tuple(layer for layer in layers if not isinstance(layer, Dropout))
        return experiment.replace(layers=kept)
    if any(isinstance(layer, Dropout) for layer in layers):
        changed = (x.replace(p=p) if isinstance(x, Dropout) else x for x in layers)
        return experiment.replace(layers=tuple(changed))
    last = max((i for i, layer in enumerate(layers) if isinstance(layer, Linear)), default=0)
    added: list[Layer] = []
    for index, layer in enumerate(layers):
        added += [layer, Dropout(p=p)] if layer.activation and index < last else [layer]
    return experiment.replace(layers=tuple(added))


def augmentation(experiment: Experiment) -> str:
    """What happens to the training rows, as it is typed: `Shift 0.5, Rotate 15`, or `none`."""
    return ", ".join(map(written_layer, experiment.augmentation)) or "none"


def with_augmentation(experiment: Experiment, text: str) -> Experiment:
    """Another augmentation from text, with commas between its kinds; `none` or nothing removes it.

    `BadInput` if there are more kinds than can be.
    """
    parts = [] if text.strip().lower() in ("", "none") else _parts(text)
    missing = "type augmentations, for example: Shift 0.5, Rotate 15"
    kinds = tuple(_parsed(Augmentation, part, missing) for part in parts)
    try:
        return experiment.replace(augmentation=kinds)
    except ValidationError as error:
        raise BadInput(sentence_for(first_of(error, {}), Experiment)) from None


def parse_layers(text: str) -> tuple[Layer, ...]:
    """Layers with commas between them: `Linear 64, ReLU, Linear 10`."""
    return tuple(map(parse_layer, _parts(text)))


def _parts(text: str) -> list[str]:
    """The text at its commas, except at those in brackets."""
    return re.split(r",(?![^\[{]*[\]}])", text)


def parse_layer(text: str) -> Layer:
    """A layer as people type it: `linear 64`, `ReLU`, `conv2d 8 kernel_size=5`, `Dropout: 0.2`."""
    layer: Layer = _parsed(Layer, text, "type a layer, for example: Linear 64")
    return layer


def _parsed(family: type[Named], text: str, missing: str) -> Any:
    """A member of `family`; `missing` is said where there is none."""
    words = re.findall(r"\w+=\[[^\]]*\]|\[[^\]]*\]|\S+", text.replace(":", " ", 1))
    if not words:
        raise BadInput(missing)
    kind = kind_named(family, words[0])
    rest = text.strip()[len(words[0]) :].lstrip(": ")
    if rest.startswith("{"):
        fields, _ = parse(rest)
    else:
        fields = dict(_argument(kind, i, word) for i, word in enumerate(words[1:]))
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise BadInput(sentence_for(first_of(error, fields), kind)) from None


def _argument(kind: type[Named], index: int, word: str) -> tuple[str, Any]:
    name, equals, text = word.partition("=")
    if equals:
        return name, parse(text)[0]
    own = [name for name in fields_of(kind) if name not in ("bias", "initialisation")]
    if index >= len(own):
        raise BadInput(
            f"{kind.__name__} takes {len(own)} values, not more; name others as field=value"
        )
    return own[index], parse(word)[0]


def fields_of(kind: type[Named]) -> list[str]:
    """The fields of a part as PyTorch knows them, the one that a bare value sets first."""
    fields = [name for name in kind.model_fields if name not in OURS]
    return sorted(fields, key=lambda name: (name != kind.first, name in Weighted.model_fields))


def written_layer(layer: Named, whole: bool = False) -> str:
    """A layer on one line: `Linear 64`, `Conv2d 8 kernel_size=5`; `whole` reads back the same.

    Other parts that have a name are written so, too.
    """
    fields = layer.model_dump(exclude_defaults=True, mode="json")
    activation = isinstance(layer, Layer) and layer.activation
    told = layer.first and (layer.first in fields or not activation)
    first = [shown(getattr(layer, layer.first))] if layer.first and told else []
    left_out = (layer.first, *(() if whole else OURS))
    rest = [f"{key}={shown(value)}" for key, value in fields.items() if key not in left_out]
    return " ".join([type(layer).__name__, *first, *rest])


def new_dataset(experiment: Experiment, dataset: Dataset, facts: Facts) -> Experiment:
    """The Experiment on another dataset; network and loss stay where they still suit it.

    Title and notes spoke of the former one.
    """
    same = (experiment.loss is None) or experiment.loss.task == facts.task
    changed = experiment.replace(dataset=dataset, title="", notes="", section="")
    return changed if same else changed.replace(loss=None, layers=None, weights=None)
