"""Mistakes and misleading combinations, found before training, each with a fix where there is one.

A new check is one function here, listed in `CHECKS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

from tui_lab.errors import BadInput, Fixable
from tui_lab.experiment.augmentation import misfits
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import (
    BatchNorm1d,
    BatchNorm2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Parametric,
    ReLU,
    Sigmoid,
    Softmax,
    Weighted,
)
from tui_lab.experiment.losses import BCELoss, CrossEntropyLoss, Loss, MSELoss
from tui_lab.experiment.network import BYTES_PER_NUMBER, Network, clashing, network, written_bytes
from tui_lab.experiment.shape import written_shape
from tui_lab.experiment.weights import Stored, Weights, misfit
from tui_lab.experiment.yaml_file import Path_

MANY_ROWS = 10_000
"""From so many on a wider network is suggested: there the validation loss got lower by it."""


@dataclass(frozen=True)
class Advice:
    """One sentence about an Experiment; an `error` forbids training, the rest warns."""

    sentence: str
    error: bool = False
    fix: Experiment | None = None
    fix_says: str = ""
    at: Path_ = ()
    """The part of a preset that it is about."""

    @property
    def told(self) -> str:
        """The sentence with what mends it."""
        return f"{self.sentence}; to mend it: {self.fix_says}" if self.fix_says else self.sentence


def completed(experiment: Experiment, facts: Facts) -> Experiment:
    """The Experiment with the loss and the network that suit the data, where they were left out."""
    loss = experiment.loss or (CrossEntropyLoss() if facts.classes else MSELoss())
    layers = experiment.layers
    if layers is None:
        last = Linear(out_features=max(facts.outputs(loss.targets), 1))
        wide = 128 if facts.rows >= MANY_ROWS else 64
        layers = (Linear(out_features=wide), ReLU(), Linear(out_features=wide // 2), ReLU(), last)
    return experiment.replace(loss=loss, layers=layers)


def mending(error: BadInput, experiment: Experiment) -> Advice:
    """What is wrong with the data, and the Experiment that can use it if that is known."""
    if not isinstance(error, Fixable):
        return Advice(str(error), error=True)
    dataset = experiment.dataset.replace(**error.changes)
    return Advice(str(error), True, experiment.replace(dataset=dataset), error.says)


def network_of(experiment: Experiment, facts: Facts) -> Network:
    """The arithmetic of the Experiment's layers on its data."""
    layers = experiment.layers or ()
    return network(facts.input_shape(layers), layers)


def advice(experiment: Experiment, facts: Facts) -> list[Advice]:
    """All that is to be said about a completed Experiment, errors first."""
    net = network_of(experiment, facts)
    found = [item for check in CHECKS for item in check(experiment, facts, net)]
    return sorted(found, key=lambda item: not item.error)


def _layers_and_loss(experiment: Experiment) -> tuple[tuple[Layer, ...], Loss]:
    if experiment.loss is None or experiment.layers is None:
        raise ValueError("advice is for completed Experiments")
    return experiment.layers, experiment.loss


def _with_layer(experiment: Experiment, at: int, *instead: Layer) -> Experiment:
    """The layer at index `at` replaced by none, one or several."""
    layers = experiment.layers or ()
    return experiment.replace(layers=(*layers[:at], *instead, *layers[at + 1 :]))


def _empty(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    if not experiment.layers:
        fix = completed(experiment.replace(layers=None), facts)
        says = "take a suggested network"
        yield Advice("the network has no layers yet", True, fix, says, ("layers",))


def _shapes(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, _ = _layers_and_loss(experiment)
    at = len(net.rows)
    if net.error is None or at == len(layers):
        return
    name = type(layers[at]).__name__
    if len(net.leaves) > 1 and layers[at].ranks == (1,):
        fix, says = _with_layer(experiment, at, Flatten(), layers[at]), "insert Flatten before it"
    else:
        fix, says = _with_layer(experiment, at), f"remove {name}"
    yield Advice(str(net.error), True, fix, says, ("layers", at))


def _names(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, _ = _layers_and_loss(experiment)
    at = clashing(layers)
    if at is not None and net.error and len(net.rows) == len(layers):
        fix = _with_layer(experiment, at, layers[at].replace(name=None))
        yield Advice(str(net.error), True, fix, "drop the name", ("layers", at))


def memory_needed(experiment: Experiment, facts: Facts, net: Network) -> list[int]:
    """The bytes that training takes for each layer: parameters, optimizer, a batch's activations.

    Each parameter is there twice, once for the best epoch, and each one that moves has a gradient.
    """
    numbers = 1 + experiment.optimizer.state_per_parameter()
    rows = min(experiment.dataset.batch_size, facts.rows)
    return [
        BYTES_PER_NUMBER * (2 * row.total + row.trainable * numbers + 2 * rows * prod(row.leaves))
        for row in net.rows
    ]


def _memory(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    needs = memory_needed(experiment, facts, net)
    needed = sum(needs)
    if needed < 2**30 or needed <= (there := _memory_here()):
        return
    at = needs.index(max(needs))
    fix, says = _smaller(experiment, at)
    yield Advice(
        f"training this network takes about {written_bytes(needed)} of memory, but there are only "
        f"{written_bytes(there)}",
        True, fix, says, ("layers", at),
    )  # fmt: skip


def _memory_here() -> int:
    import psutil

    return int(psutil.virtual_memory().total)


def _smaller(experiment: Experiment, at: int) -> tuple[Experiment, str]:
    """The widest layer up to the one at `at`, which takes the most memory, made 64 wide."""
    layers, _ = _layers_and_loss(experiment)
    widths = {
        i: getattr(layer, layer.first)
        for i, layer in enumerate(layers[: at + 1])
        if isinstance(layer, Weighted) and layer.first
    }
    widest = max(widths, key=lambda i: widths[i], default=at)
    layer, name = layers[widest], type(layers[widest]).__name__
    if layer.first and widths.get(widest, 0) > 64:
        smaller = layer.replace(**{layer.first: 64})
        return _with_layer(experiment, widest, smaller), f"set {layer.first} of {name} to 64"
    return _with_layer(experiment, at), f"remove {type(layers[at]).__name__}"


def _task(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    _, loss = _layers_and_loss(experiment)
    right: Loss = CrossEntropyLoss() if facts.classes else MSELoss()
    says = f"use {type(right).__name__}"
    fix, name = experiment.replace(loss=right), type(loss).__name__
    if loss.task != facts.task:
        wants = "classes" if facts.classes else "numbers"
        sentence = f'{name} is for {loss.task}, but the target "{facts.target}" holds {wants}'
        yield Advice(sentence, True, fix, says, ("loss",))
    elif loss.targets == "one number" and len(facts.classes) > 2:
        sentence = f"{name} is for two classes, but there are {len(facts.classes)}"
        yield Advice(sentence, True, fix, says, ("loss",))


def _class_weights(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    loss = experiment.loss
    if not isinstance(loss, CrossEntropyLoss) or loss.weight is None or not facts.classes:
        return
    if len(loss.weight) != len(facts.classes) or not any(loss.weight):
        yield Advice(
            f"CrossEntropyLoss has {len(loss.weight)} class weights, but there are "
            f"{len(facts.classes)} classes, and at least one weight must be above 0",
            True,
            experiment.replace(loss=loss.replace(weight=None)),
            "drop the weights",
            ("loss", "CrossEntropyLoss", "weight"),
        )


def _width(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, loss = _layers_and_loss(experiment)
    needed = facts.outputs(loss.targets)
    if net.error or not layers or loss.task != facts.task or net.leaves == (needed,):
        return
    numbers = "number" if net.leaves == (1,) else "numbers"
    fix, says, at = _fitted(experiment, facts, net, needed)
    yield Advice(
        f"the network gives {written_shape(net.leaves)} {numbers}, the data needs {needed}",
        True, fix, says, ("layers", at),
    )  # fmt: skip


def _fitted(
    experiment: Experiment, facts: Facts, net: Network, outputs: int
) -> tuple[Experiment, str, int]:
    """The last Linear resized, or one added where that doesn't do; a picture is flattened."""
    layers, _ = _layers_and_loss(experiment)
    for at in reversed(range(len(layers))):
        if isinstance(last := layers[at], Linear):
            resized = _with_layer(experiment, at, last.replace(out_features=outputs))
            behind = layers[at + 1 :]
            is_hidden = any(x.activation and not isinstance(x, Sigmoid | Softmax) for x in behind)
            if network_of(resized, facts).leaves == (outputs,) and not is_hidden:
                return resized, f"make the last Linear {outputs} wide", at
            break
    flatten = (Flatten(),) if len(net.leaves) > 1 else ()
    added = (*layers, *flatten, Linear(out_features=outputs))
    return experiment.replace(layers=added), f"add Linear {outputs}", len(layers) - 1


def _last_layer(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, loss = _layers_and_loss(experiment)
    at = _last(layers)
    if at is None:
        return
    last, fix = type(layers[at]).__name__, _with_layer(experiment, at)
    found = ""
    if isinstance(loss, CrossEntropyLoss) and isinstance(layers[at], Softmax | Sigmoid):
        found = "the loss applies a softmax itself, and twice makes learning slow"
    elif loss.wants == "logits" and isinstance(layers[at], Sigmoid):
        found = "the loss applies a sigmoid itself, and twice makes learning slow"
    elif loss.task == "regression" and layers[at].gives:
        found = f"it gives only numbers {layers[at].gives}, but the target may lie outside"
    if found:
        sentence = f"{last} before {type(loss).__name__}: {found}"
        yield Advice(sentence, False, fix, f"remove {last}", ("layers", at))


def _last(layers: tuple[Layer, ...]) -> int | None:
    """The index of the last layer that decides what the outputs are."""
    deciding = (i for i, layer in enumerate(layers) if not isinstance(layer, Dropout | Flatten))
    return max(deciding, default=None)


def _probabilities(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, loss = _layers_and_loss(experiment)
    at = _last(layers)
    if not isinstance(loss, BCELoss) or net.error or not layers:
        return
    if at is None or not isinstance(layers[at], Sigmoid):
        sentence = "BCELoss wants probabilities from 0 to 1, so the last layer must be a Sigmoid"
        fix = experiment.replace(layers=(*layers, Sigmoid()))
        yield Advice(sentence, True, fix, "add Sigmoid", ("layers", len(layers) - 1))
        return
    for index in range(at, len(layers)):
        if isinstance(layers[index], Dropout):
            yield Advice(
                "Dropout after the Sigmoid gives numbers above 1, which BCELoss can't take",
                True, _with_layer(experiment, index), "remove that Dropout", ("layers", index),
            )  # fmt: skip
            return


def _softmax(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    for index, row in enumerate(net.rows):
        if not isinstance(row.layer, Softmax):
            continue
        if row.leaves == (1,):
            sentence = "Softmax over one number always gives 1; Sigmoid is for one number"
            fix = _with_layer(experiment, index)
            yield Advice(sentence, False, fix, "remove Softmax", ("layers", index))
        elif row.layer.dim in (0, -len(row.leaves) - 1):
            sentence = f"Softmax over dim {row.layer.dim} mixes the rows of a batch"
            fix = _with_layer(experiment, index, row.layer.replace(dim=-1))
            yield Advice(sentence, False, fix, "set dim to -1", ("layers", index))


def _batch_norm(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, _ = _layers_and_loss(experiment)
    if experiment.dataset.batch_size == 1 and any(
        isinstance(layer, BatchNorm1d | BatchNorm2d) for layer in layers
    ):
        yield Advice(
            "BatchNorm compares the rows of a batch, which needs a batch_size of at least 2",
            True,
            experiment.replace(dataset=experiment.dataset.replace(batch_size=32)),
            "set batch_size to 32",
            ("dataset", "batch_size"),
        )


def _nothing_moves(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, _ = _layers_and_loss(experiment)
    if net.error or net.trainable or not layers:
        return
    if not net.total:
        yield Advice("no layer has parameters, so there is nothing to learn", at=("layers",))
        return
    thawed = (x.replace(frozen=False) if isinstance(x, Parametric) else x for x in layers)
    fix = experiment.replace(layers=tuple(thawed))
    sentence = "all parameters are frozen, so there is nothing to learn"
    yield Advice(sentence, False, fix, "unfreeze all layers", ("layers",))


def _weights(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    weights, without = experiment.weights, experiment.replace(weights=None)
    if weights is None or net.error or not net.rows:
        return
    try:
        wrong = misfit(weights, net, _stored(weights))
    except BadInput as error:
        yield Advice(str(error), True, without, "start without weights", ("weights", "from"))
        return
    if wrong:
        fewer = weights.replace(layers=wrong.layers)
        fix = experiment.replace(weights=fewer) if wrong.layers else without
        part = "from" if weights.layers is None else "layers"
        yield Advice(wrong.sentence, True, fix, wrong.remedy, ("weights", part))


def _stored(weights: Weights) -> dict[str, Stored]:
    from tui_lab.runs.source import find_source
    from tui_lab.runs.weights_file import tensors_in

    return tensors_in(find_source(weights).path)


def _augmentation(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    kinds = experiment.augmentation
    for item in misfits(kinds, facts.picture, facts.classes):
        instead = (item.instead,) if item.instead else ()
        fix = experiment.replace(augmentation=(*kinds[: item.at], *instead, *kinds[item.at + 1 :]))
        says = item.remedy or f"remove {type(kinds[item.at]).__name__}"
        yield Advice(item.sentence, item.error, fix, says, ("augmentation", item.at))


Check = Callable[[Experiment, Facts, Network], Iterator[Advice]]
CHECKS: tuple[Check, ...] = (
    _empty,
    _shapes,
    _names,
    _memory,
    _task,
    _class_weights,
    _width,
    _probabilities,
    _last_layer,
    _softmax,
    _batch_norm,
    _nothing_moves,
    _weights,
    _augmentation,
)
