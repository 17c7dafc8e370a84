"""Mistakes and misleading combinations, found before training, each with a fix where there is one.

A new check is one function here, listed in `CHECKS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    ReLU,
    Sigmoid,
    Softmax,
    written_shape,
)
from tui_lab.experiment.losses import BCELoss, CrossEntropyLoss, Loss, MSELoss
from tui_lab.experiment.network import Network, network


@dataclass(frozen=True)
class Advice:
    """One sentence about an Experiment; an `error` forbids training, the rest warns."""

    sentence: str
    error: bool = False
    fix: Experiment | None = None
    fix_says: str = ""


def completed(experiment: Experiment, facts: Facts) -> Experiment:
    """The Experiment with the loss and the network that suit the data, where they were left out."""
    loss = experiment.loss or (CrossEntropyLoss() if facts.classes else MSELoss())
    layers = experiment.layers
    if layers is None:
        last = Linear(out_features=facts.outputs(loss.targets))
        layers = (Linear(out_features=64), ReLU(), Linear(out_features=32), ReLU(), last)
    return experiment.replace(loss=loss, layers=layers)


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


def _empty(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    if not experiment.layers:
        fix = completed(experiment.replace(layers=None), facts)
        yield Advice("the network has no layers yet", True, fix, "take a suggested network")


def _shapes(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    if net.error is None:
        return
    layers, broken = experiment.layers or (), len(net.rows)
    fix = None
    if broken < len(layers) and len(net.leaves) == 3 and layers[broken].ranks == (1,):
        fix = experiment.replace(layers=(*layers[:broken], Flatten(), *layers[broken:]))
    yield Advice(str(net.error), True, fix, "insert Flatten" if fix else "")


def _task(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    _, loss = _layers_and_loss(experiment)
    if loss.task != facts.task:
        right: Loss = CrossEntropyLoss() if facts.classes else MSELoss()
        wants = "classes" if facts.classes else "numbers"
        yield Advice(
            f"{type(loss).__name__} is for {loss.task}, but the target "
            f'"{facts.target}" holds {wants}',
            True,
            experiment.replace(loss=right),
            f"use {type(right).__name__}",
        )
    elif loss.targets == "one number" and len(facts.classes) > 2:
        yield Advice(
            f"{type(loss).__name__} is for two classes, but there are {len(facts.classes)}",
            True,
            experiment.replace(loss=CrossEntropyLoss()),
            "use CrossEntropyLoss",
        )


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
        )


def _width(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, loss = _layers_and_loss(experiment)
    needed = facts.outputs(loss.targets)
    if net.error or not layers or loss.task != facts.task or net.leaves == (needed,):
        return
    numbers = "number" if net.leaves == (1,) else "numbers"
    yield Advice(
        f"the network gives {written_shape(net.leaves)} {numbers}, the data needs {needed}",
        True,
        _fitted(experiment, net, needed),
        f"make the last layer Linear {needed}",
    )


def _fitted(experiment: Experiment, net: Network, outputs: int) -> Experiment:
    """The last Linear resized, or one added; a picture is flattened before it."""
    layers = list(experiment.layers or ())
    linears = [i for i, layer in enumerate(layers) if isinstance(layer, Linear)]
    tail = layers[linears[-1] + 1 :] if linears else [ReLU()]
    if linears and len(net.leaves) == 1 and not any(isinstance(x, (Linear, Conv2d)) for x in tail):
        layers[linears[-1]] = layers[linears[-1]].replace(out_features=outputs)
    else:
        flatten = [Flatten()] if len(net.leaves) == 3 else []
        layers += [*flatten, Linear(out_features=outputs)]
    return experiment.replace(layers=tuple(layers))


def _last_layer(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, loss = _layers_and_loss(experiment)
    last = next((x for x in reversed(layers) if not isinstance(x, Dropout)), None)
    if last is None:
        return
    name, without = type(loss).__name__, experiment.replace(layers=_without(layers, last))
    if isinstance(loss, CrossEntropyLoss) and isinstance(last, (Softmax, Sigmoid)):
        yield Advice(
            f"{type(last).__name__} before CrossEntropyLoss: the loss applies a softmax itself, "
            "and twice makes learning slow",
            False,
            without,
            f"remove {type(last).__name__}",
        )
    elif loss.wants == "logits" and isinstance(last, Sigmoid):
        yield Advice(
            f"Sigmoid before {name}: the loss applies a sigmoid itself, and twice makes learning "
            "slow",
            False,
            without,
            "remove Sigmoid",
        )
    elif isinstance(loss, BCELoss) and not isinstance(last, (Sigmoid, Softmax)):
        yield Advice(
            "BCELoss wants probabilities from 0 to 1, so the last layer must be a Sigmoid",
            True,
            experiment.replace(layers=(*layers, Sigmoid())),
            "add Sigmoid",
        )
    elif loss.task == "regression" and last.squashes:
        yield Advice(
            f"{type(last).__name__} as the last layer confines the outputs to a small range, but "
            "the numbers to predict may lie outside",
            False,
            without,
            f"remove {type(last).__name__}",
        )


def _without(layers: tuple[Layer, ...], last: Layer) -> tuple[Layer, ...]:
    at = max(i for i, layer in enumerate(layers) if layer is last)
    return layers[:at] + layers[at + 1 :]


def _one_output_softmax(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    for row in net.rows:
        if isinstance(row.layer, Softmax) and row.leaves == (1,):
            yield Advice("Softmax over one number always gives 1; Sigmoid is for one number")


def _batch_norm(experiment: Experiment, facts: Facts, net: Network) -> Iterator[Advice]:
    layers, _ = _layers_and_loss(experiment)
    if experiment.dataset.batch_size == 1 and any(
        isinstance(layer, (BatchNorm1d, BatchNorm2d)) for layer in layers
    ):
        yield Advice(
            "BatchNorm compares the rows of a batch, which needs a batch_size of at least 2",
            True,
            experiment.replace(dataset=experiment.dataset.replace(batch_size=32)),
            "set batch_size to 32",
        )


Check = Callable[[Experiment, Facts, Network], Iterator[Advice]]
CHECKS: tuple[Check, ...] = (
    _empty,
    _shapes,
    _task,
    _class_weights,
    _width,
    _last_layer,
    _one_output_softmax,
    _batch_norm,
)
