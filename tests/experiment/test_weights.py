"""Which layers get loaded weights, what doesn't fit and what would, by arithmetic alone."""

import pytest
from untrained import untrained

from tui_lab.errors import BadInput
from tui_lab.experiment.advice import advice
from tui_lab.experiment.dataset import Facts, Shipped
from tui_lab.experiment.edits import hyperparameter_entries, new_dataset, parse_layers
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.network import Network, network
from tui_lab.experiment.presets import load_preset
from tui_lab.experiment.transfer import taken_over
from tui_lab.experiment.weights import Stored, Weights, left_out, misfit


def net(text: str, columns: int = 4) -> Network:
    return network((columns,), parse_layers(text))


def stored(source: Network) -> dict[str, Stored]:
    return {name: Stored(*about) for row in source.rows for name, about in row.tensors.items()}


def weights(**fields: object) -> Weights:
    return Weights.model_validate({"from": "mine", **fields})


SOURCE = net("Linear 8, BatchNorm1d, ReLU, Linear 6, ReLU, Linear 3")


@pytest.mark.parametrize("layers", [None, 6, 1, ["3"], ["0", "1", "5"]])
def test_what_is_the_same_fits(layers):
    assert misfit(weights(layers=layers), SOURCE, stored(SOURCE)) is None


@pytest.mark.parametrize(
    ("here", "fields", "says", "layers"),
    [
        ("Linear 8, BatchNorm1d, ReLU, Linear 6, ReLU, Linear 2", {},
         '"5.weight" is 3x6 in the file but 2x6 here, "5.bias" is 3 in the file but 2 here', 5),
        ("Linear 8, BatchNorm1d, ReLU, Linear 6", {}, '"5.weight" is in the file but not here', 4),
        ("Linear 8, ReLU, Linear 3", {"layers": 3}, '"2.weight" is not in the file', 2),
        ("Linear 9", {}, '"0.weight" is 8x4 in the file but 9x4 here', None),
        ("Linear 8, Linear 8", {"layers": ["0", "1"]}, '"1.weight" is 8 in the file', ("0",)),
        ("Linear 8", {"layers": 2}, "layers: 2 are asked for, but the network has only 1", 1),
        ("Linear 8 name=first", {"layers": ["frist"]}, 'did you mean "first"?', None),
        ("Linear 8, ReLU", {"layers": ["x"]}, '(there are: 0, 1)', None),
        ("Linear 8, BatchNorm1d affine=false, ReLU, Linear 6", {"layers": 4}, None, None),
        ("ReLU, Linear 8", {"layers": 2}, '"1.weight" is 8 in the file but 8x4 here', None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_listed_with_what_would(here, fields, says, layers):
    found = misfit(weights(**fields), net(here), stored(SOURCE))
    if says is None:
        assert found is None
        return
    assert says in found.sentence
    assert found.layers == layers
    again = weights(**{**fields, "layers": layers})
    assert layers is None or misfit(again, net(here), stored(SOURCE)) is None


def test_many_misfits_are_counted():
    found = misfit(weights(), net("Linear 9, BatchNorm1d, ReLU, Linear 7"), stored(SOURCE))
    assert found.sentence.endswith(" and 6 more")


def test_the_type_of_the_numbers_must_fit_too():
    other = stored(SOURCE) | {"1.num_batches_tracked": Stored((), "float32")}
    found = misfit(weights(), SOURCE, other)
    assert '"1.num_batches_tracked" holds float32 in the file but int64 here' in found.sentence


def test_what_is_left_in_the_file_has_a_reason():
    here = net("Linear 8, BatchNorm1d, ReLU, Linear 6")
    assert left_out(weights(layers=2), here, stored(SOURCE)) == {
        "3.weight": "left out by layers: 2", "3.bias": "left out by layers: 2",
        "5.weight": "there is no such layer here", "5.bias": "there is no such layer here",
    }  # fmt: skip


def test_only_layers_that_hold_something_are_marked_as_loaded():
    assert weights(layers=5).places(SOURCE) == {0, 1, 3}
    assert weights(layers=["5"]).places(SOURCE) == {5}
    assert weights(layers=9).places(SOURCE) == frozenset()


def told(experiment: Experiment) -> list[str]:
    return [item.told for item in advice(experiment, experiment.dataset.facts()) if item.error]


def test_the_advice_says_what_will_not_fit_and_mends_it():
    untrained("iris")
    experiment = load_preset("iris", ("weights.from=iris",))
    assert told(experiment) == []
    wider = experiment.replace(layers=parse_layers("Linear 16, ReLU, Linear 8, Linear 3"))
    (found,) = advice(wider, wider.dataset.facts())
    assert found.at == ("weights", "from")
    assert '"2.weight" is 3x16 in the file but 8x16 here' in found.told
    assert found.told.endswith("; to mend it: try layers: 2")
    assert found.fix.weights.layers == 2
    assert told(found.fix) == []


def test_weights_that_are_not_there_are_said_and_given_up():
    experiment = load_preset("5.4b-transfer")
    (found,) = advice(experiment, experiment.dataset.facts())
    assert "tui-lab train 5.4b-source makes it" in found.told
    assert found.fix == experiment.replace(weights=None)


IRIS = load_preset("iris")


def taken(text: str, frozen: bool = True, facts: Facts | None = None) -> Experiment:
    return taken_over(IRIS, facts or IRIS.dataset.facts(), "digits-1", parse_layers(text), frozen)


def test_a_head_is_put_on_the_layers_that_were_taken_over():
    experiment = taken("Linear 8, ReLU")
    assert experiment.layers == parse_layers("Linear 8 frozen=true, ReLU, Linear 3")
    assert experiment.weights == Weights.model_validate({"from": "digits-1", "layers": 2})
    assert taken("Linear 8 frozen=true, ReLU", False).layers == parse_layers(
        "Linear 8, ReLU, Linear 3"
    )
    assert taken("Linear 8, Linear 3", False).layers == parse_layers("Linear 8, Linear 3")
    assert taken("Linear 3, ReLU", False).layers == parse_layers("Linear 3, ReLU, Linear 3")


def test_a_picture_is_flattened_before_its_head():
    digits = Shipped(name="digits").facts()
    experiment = taken("Conv2d 4, ReLU", False, digits)
    assert experiment.layers == parse_layers("Conv2d 4, ReLU, Flatten, Linear 10")


def test_weights_are_among_the_hyperparameters_when_there_are_any():
    entries = {entry.label: entry for entry in hyperparameter_entries(taken("Linear 8"))}
    assert entries["weights"].value == "{from: digits-1, layers: 1}"
    assert entries["weights"].apply("iris-3").weights == Weights.model_validate({"from": "iris-3"})
    assert entries["weights"].apply("none").weights is None
    assert entries["lr_factor"].apply("0.1").weights.lr_factor == 0.1
    with pytest.raises(BadInput, match="more than 0"):
        entries["lr_factor"].apply("0")
    assert not {"weights", "lr_factor"} & {entry.label for entry in hyperparameter_entries(IRIS)}


def test_another_task_keeps_no_weights():
    diabetes = Shipped(name="diabetes")
    assert new_dataset(taken("Linear 8"), diabetes, diabetes.facts()).weights is None
