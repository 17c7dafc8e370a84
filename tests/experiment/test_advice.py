"""What misleads is said in a sentence, and its fix leads to a network that trains."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import named, parts

from tui_lab.experiment.advice import advice, completed, network_of
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.edits import parse_layer, with_augmentation
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.generated import Moons
from tui_lab.experiment.layers import Layer, Linear
from tui_lab.experiment.losses import Loss
from tui_lab.training.network import build
from tui_lab.training.objective import build_loss, shaped


def facts(classes: int, columns: int = 4, picture: tuple[int, int, int] | None = None) -> Facts:
    return Facts(
        name="data",
        task="classification" if classes else "regression",
        rows=100,
        columns=tuple(f"c{i}" for i in range(columns)),
        classes=tuple(map(str, range(classes))),
        target="y",
        picture=picture,
    )


def experiment(layers: str, loss: str, **dataset: object) -> Experiment:
    return Experiment(
        dataset=Moons(name="moons", **dataset),
        layers=tuple(parse_layer(text) for text in layers.split(", ") if text),
        loss=Loss.kinds()[loss](),
    )


def told(layers: str, loss: str, about: Facts, **dataset: object):
    return advice(experiment(layers, loss, **dataset), about)


TWO, THREE, NUMBER, PICTURE = facts(2), facts(3), facts(0), facts(3, 16, (1, 4, 4))
CASES = [
    ("linear 3, softmax", "CrossEntropyLoss", THREE, "Softmax before CrossEntropyLoss", "remove"),
    ("linear 3, softmax, dropout", "CrossEntropyLoss", THREE, "Softmax before", "remove Softmax"),
    ("linear 3, softmax, flatten", "CrossEntropyLoss", THREE, "Softmax before", "remove Softmax"),
    ("linear 3, sigmoid", "CrossEntropyLoss", THREE, "Sigmoid before Cross", "remove Sigmoid"),
    ("linear 1, sigmoid", "BCEWithLogitsLoss", TWO, "Sigmoid before BCEWithLogits", "remove Sig"),
    ("linear 1, sigmoid, dropout", "BCEWithLogitsLoss", TWO, "Sigmoid before", "remove Sigmoid"),
    ("linear 1", "BCELoss", TWO, "wants probabilities", "add Sigmoid"),
    ("linear 1, softmax", "BCELoss", TWO, "wants probabilities", "add Sigmoid"),
    ("linear 1, sigmoid, dropout", "BCELoss", TWO, "above 1", "remove that Dropout"),
    ("linear 2", "CrossEntropyLoss", THREE, "gives 2 numbers, the data needs 3", "Linear 3"),
    (
        "linear 8, relu",
        "CrossEntropyLoss",
        THREE,
        "gives 8 numbers, the data needs 3",
        "add Linear 3",
    ),
    ("linear 1, sigmoid", "CrossEntropyLoss", TWO, "gives 1 number, the data needs 2", "2 wide"),
    ("linear 3", "MSELoss", NUMBER, "gives 3 numbers, the data needs 1", "make the last Linear 1"),
    ("conv2d 2", "CrossEntropyLoss", PICTURE, "gives 2x2x2 numbers", "add Linear 3"),
    ("linear 1, tanh", "MSELoss", NUMBER, "numbers from -1 to 1", "remove Tanh"),
    ("linear 1, sigmoid", "L1Loss", NUMBER, "numbers from 0 to 1", "remove Sigmoid"),
    ("linear 1, relu", "SmoothL1Loss", NUMBER, "of 0 and above", "remove ReLU"),
    ("linear 1", "CrossEntropyLoss", NUMBER, "for classification", "use MSELoss"),
    ("linear 3", "MSELoss", THREE, "for regression", "use CrossEntropyLoss"),
    ("linear 1, sigmoid", "BCELoss", THREE, "two classes, but there are 3", "use CrossEntropy"),
    ("conv2d 2, linear 3", "CrossEntropyLoss", THREE, "layer 1: Conv2d wants a picture", "remove"),
    ("conv2d 2, batchnorm1d", "CrossEntropyLoss", PICTURE, "wants a row", "insert Flatten"),
    ("", "CrossEntropyLoss", THREE, "no layers", "suggested network"),
    ("linear 3 name=a, linear 3 name=a", "CrossEntropyLoss", THREE, "two layers", "drop the name"),
    ("linear 3 name=train", "CrossEntropyLoss", THREE, "nn.Sequential", "drop the name"),
    ("linear 3, softmax 0, linear 3", "CrossEntropyLoss", THREE, "mixes the rows", "dim to -1"),
    ("linear 3 frozen=true", "CrossEntropyLoss", THREE, "are frozen", "unfreeze"),
    ("linear 1000000, linear 1000000, linear 3", "CrossEntropyLoss", THREE, "of memory", "to 64"),
]


@pytest.mark.parametrize(("layers", "loss", "about", "says", "fix"), CASES)
def test_what_misleads_is_said_with_a_fix(layers, loss, about, says, fix):
    found = [item for item in told(layers, loss, about) if says in item.sentence]
    assert found, [item.sentence for item in told(layers, loss, about)]
    assert fix in found[0].fix_says
    after = advice(found[0].fix, about)
    assert all(item.sentence != found[0].sentence for item in after)


@pytest.mark.parametrize("layer", ["batchnorm1d", "conv2d 2, batchnorm2d, flatten"])
def test_batch_norm_wants_batches_of_two_rows(layer):
    layers = f"{layer}, linear 3"
    (found,) = told(layers, "CrossEntropyLoss", PICTURE, batch_size=1)
    assert found.error
    assert "batch_size of at least 2" in found.sentence
    assert found.fix.dataset.batch_size == 32
    assert not told(layers, "CrossEntropyLoss", PICTURE, batch_size=2)


@pytest.mark.parametrize(
    ("layers", "loss", "about"),
    [
        ("linear 8, relu, linear 3", "CrossEntropyLoss", THREE),
        ("linear 8, softmax, linear 3", "CrossEntropyLoss", THREE),
        ("linear 8, sigmoid, linear 1", "BCEWithLogitsLoss", TWO),
        ("linear 1, sigmoid", "BCELoss", TWO),
        ("linear 8, tanh, linear 1", "MSELoss", NUMBER),
        ("linear 1, leakyrelu", "MSELoss", NUMBER),
        ("conv2d 2, relu, flatten, linear 3", "CrossEntropyLoss", PICTURE),
    ],
)
def test_a_sound_network_is_left_in_peace(layers, loss, about):
    assert told(layers, loss, about) == []


AUGMENTED = [
    ("shift", THREE, "Shift changes pictures", True, "remove Shift"),
    ("noise, mixup, mixup 1", THREE, "Mixup is there twice", True, "remove Mixup"),
    (
        "shift 3",
        PICTURE,
        "3 pixels can move a 4x4 picture out of sight",
        False,
        "set pixels to 0.25",
    ),
    ("flip", PICTURE, "a mirrored 3 is no 3", False, "remove Flip"),
    ("rotate 120", facts(10, 16, (1, 4, 4)), "turn a 6 into a 9", False, "set degrees to 15"),
]


@pytest.mark.parametrize(("kinds", "about", "says", "error", "fix"), AUGMENTED)
def test_augmentation_that_does_not_suit_the_data_is_said_with_a_fix(
    kinds, about, says, error, fix
):
    asked = experiment("flatten, linear 3", "CrossEntropyLoss")
    asked = completed(with_augmentation(asked.replace(layers=None), kinds), about)
    (found,) = advice(asked, about)
    assert says in found.sentence
    assert (found.error, found.fix_says) == (error, fix)
    assert advice(found.fix, about) == []


@pytest.mark.parametrize("kinds", ["noise, mixup", "shift 2, rotate 90, zoom, erase", "none"])
def test_augmentation_that_suits_is_left_in_peace(kinds):
    about = PICTURE if "shift" in kinds else THREE
    asked = with_augmentation(experiment("linear 3", "CrossEntropyLoss"), kinds)
    assert advice(asked, about) == []


def test_weights_of_the_wrong_number_are_refused():
    loss = Loss.kinds()["CrossEntropyLoss"](weight=(1.0, 2.0))
    found = advice(experiment("linear 3", "CrossEntropyLoss").replace(loss=loss), THREE)
    assert "2 class weights, but there are 3 classes" in found[0].sentence
    assert advice(found[0].fix, THREE) == []


abouts = st.builds(
    facts,
    st.sampled_from([0, 2, 3]),
    st.just(16),
    st.sampled_from([None, (1, 4, 4), (4, 2, 2)]),
)
experiments = parts(
    Experiment,
    dataset=parts(Moons, 40, name=st.just("moons"), split=st.just((0.7, 0.15, 0.15))),
    layers=st.lists(named(Layer, 2), max_size=6).map(tuple),
    loss=named(Loss, 2),
)


@settings(max_examples=300)
@given(experiments, abouts, st.randoms(use_true_random=False))
def test_fixes_always_end_in_a_network_that_trains(experiment, about, random):
    current = completed(experiment, about)
    for _ in range(40):
        errors = [item for item in advice(current, about) if item.error]
        if not errors:
            break
        current = random.choice(errors).fix
    assert not errors
    one_step(current, about)


@settings(max_examples=200)
@given(experiments, abouts)
def test_all_advice_taken_leaves_nothing_to_advise(experiment, about):
    current = completed(experiment, about)
    for _ in range(60):
        found = [item for item in advice(current, about) if item.fix]
        if not found:
            break
        current = found[0].fix
    assert not found


def one_step(experiment: Experiment, about: Facts) -> None:
    torch.set_num_threads(1)
    net = network_of(experiment, about)
    module, loss = build(net), build_loss(experiment.loss, torch.device("cpu"))
    y = torch.randint(0, max(len(about.classes), 1), (4,))
    y = y.float() if experiment.loss.targets == "one number" else y
    outputs = shaped(module(torch.randn(4, *net.enters)), y)
    value = loss(outputs, y)
    if net.trainable:
        value.backward()


@pytest.mark.parametrize(("rows", "widths"), [(9_999, [64, 32, 2]), (10_000, [128, 64, 2])])
def test_for_many_rows_a_wider_network_is_suggested(rows, widths):
    about = Facts("many", "classification", rows, ("a", "b"), ("no", "yes"), "y")
    layers = completed(Experiment(dataset=Moons(name="moons")), about).layers
    assert [layer.out_features for layer in layers if isinstance(layer, Linear)] == widths
