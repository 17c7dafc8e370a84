"""Taking over the first layers of another network, with a new last layer for the data at hand."""

from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Flatten, Layer, Linear, Parametric
from tui_lab.experiment.network import network
from tui_lab.experiment.weights import Weights


def taken_over(
    experiment: Experiment, facts: Facts, run: str, kept: tuple[Layer, ...], frozen: bool
) -> Experiment:
    """The Experiment with the `kept` layers of a run and their weights, and a head for its data."""
    layers = tuple(_with_frozen(layer, frozen) for layer in kept)
    weights = Weights.model_validate({"from": run, "layers": len(kept)})
    return experiment.replace(layers=(*layers, *_head(experiment, facts, layers)), weights=weights)


def _with_frozen(layer: Layer, frozen: bool) -> Layer:
    return layer.replace(frozen=frozen) if isinstance(layer, Parametric) else layer


def _head(experiment: Experiment, facts: Facts, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """What turns the kept layers' output into what the data need; nothing if it is that already."""
    leaves = network(facts.input_shape(layers), layers).leaves
    outputs = facts.outputs(experiment.loss.targets if experiment.loss else "classes")
    if leaves == (outputs,) and not layers[-1].activation:
        return ()
    flatten = (Flatten(),) if len(leaves) > 1 else ()
    return (*flatten, Linear(out_features=outputs))


def before_the_head(layers: tuple[Layer, ...]) -> int:
    """How many layers stand before the last that has parameters, at least 1."""
    places = (place for place, layer in enumerate(layers) if isinstance(layer, Parametric))
    return max(max(places, default=0), 1)
