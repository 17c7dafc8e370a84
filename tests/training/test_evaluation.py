"""Metrics are those of scikit-learn."""

import math

import pytest
import sklearn.metrics as sk
import torch
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.experiment import losses
from tui_lab.experiment.dataset import Facts
from tui_lab.training.evaluation import Judge
from tui_lab.training.objective import build_loss, shaped

exactly = pytest.approx


def facts(classes: int) -> Facts:
    task = "classification" if classes else "regression"
    return Facts("x", task, 10, ("a",), tuple(map(str, range(classes))), "y")


@st.composite
def guesses(draw):
    classes, rows = draw(st.integers(2, 6)), draw(st.integers(1, 40))
    numbers = st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows)
    return classes, torch.tensor(draw(numbers)), torch.tensor(draw(numbers))


@given(guesses())
def test_classification_is_what_scikit_learn_says(drawn):
    classes, given_, y = drawn
    scores = torch.nn.functional.one_hot(given_, classes).float()
    judge = Judge(losses.CrossEntropyLoss(), facts(classes), 0, 1, 1)
    table = judge.table(scores, y)
    macro = {"average": "macro", "zero_division": 0}
    assert table["accuracy"] == exactly(sk.accuracy_score(y, given_))
    assert table["precision"] == exactly(sk.precision_score(y, given_, **macro))
    assert table["recall"] == exactly(sk.recall_score(y, given_, **macro))
    assert table["f1"] == exactly(sk.f1_score(y, given_, **macro))
    assert table["baseline"] == exactly(sk.accuracy_score(y, [1] * len(y)))
    assert table["loss"] == exactly(
        sk.log_loss(y, scores.double().softmax(1), labels=range(classes))
    )
    assert all(value <= 1 for name, value in table.items() if name != "loss")
    assert judge.brief(scores, y)["accuracy"] == exactly(table["accuracy"])
    matrix = sk.confusion_matrix(y, given_, labels=range(classes))
    assert judge.confusion(scores, y) == matrix.tolist()


def test_a_perfect_score_is_exactly_one():
    for classes in range(2, 60):
        y = torch.arange(classes)
        table = Judge(losses.CrossEntropyLoss(), facts(classes), 0, 1, 0).table(
            torch.eye(classes), y
        )
        assert {table[name] for name in ("accuracy", "precision", "recall", "f1")} == {1.0}


@pytest.mark.parametrize(
    ("loss", "middle"), [(losses.BCELoss(), 0.5), (losses.BCEWithLogitsLoss(), 0)]
)
def test_one_output_says_yes_above_the_middle(loss, middle):
    outputs = torch.tensor([[middle - 0.1], [middle + 0.1], [middle + 0.2]])
    table = Judge(loss, facts(2), 0, 1, 1).table(outputs, torch.tensor([0.0, 1.0, 0.0]))
    assert table["accuracy"] == exactly(2 / 3)
    assert table["precision"] == exactly((1 + 0.5) / 2)


number = st.floats(-100, 100, width=32)


@given(
    st.lists(st.tuples(number, number), min_size=2, max_size=30),
    st.floats(-1000, 1000),
    st.floats(0.01, 1000),
)
def test_regression_is_what_scikit_learn_says_in_the_targets_own_units(pairs, mean, deviation):
    outputs, y = torch.tensor(pairs).T
    in_units = [(v.double() * deviation + mean).numpy() for v in (y, outputs)]
    judge = Judge(losses.MSELoss(), facts(0), mean, deviation, baseline=mean)
    table = judge.table(outputs[:, None], y)
    assert table["mae"] == exactly(sk.mean_absolute_error(*in_units))
    assert table["rmse"] == exactly(sk.root_mean_squared_error(*in_units))
    assert table["loss"] == exactly(sk.mean_squared_error(y.double(), outputs.double()))
    baseline = sk.root_mean_squared_error(in_units[0], [mean] * len(y))
    assert table["baseline"] == exactly(baseline)
    if in_units[0].std() > 1e-3 * deviation:
        assert table["r2"] == exactly(sk.r2_score(*in_units), rel=1e-6)
    assert judge.brief(outputs[:, None], y)["rmse"] == exactly(table["rmse"])


def test_r2_is_left_out_where_it_means_nothing():
    judge = Judge(losses.MSELoss(), facts(0), 0, 1, baseline=0)
    assert judge.table(torch.ones(1, 1), torch.ones(1))["r2"] is None


@given(guesses(), st.floats(0, 0.9), st.data())
def test_the_loss_is_the_mean_over_samples_by_their_class_weights(drawn, smoothing, data):
    classes, _, y = drawn
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=classes, max_size=classes))
    settings = losses.CrossEntropyLoss(label_smoothing=smoothing, weight=tuple(weights))
    scores = torch.randn(len(y), classes, generator=torch.Generator().manual_seed(len(y)))
    loss = build_loss(settings, torch.device("cpu"))
    each = torch.stack([loss(scores[i : i + 1], y[i : i + 1]) for i in range(len(y))])
    shares = torch.tensor(weights)[y]
    table = Judge(settings, facts(classes), 0, 1, 0).table(scores, y)
    assert table["loss"] == exactly(float((each * shares).sum() / shares.sum()), rel=1e-4)


def test_bce_of_not_a_number_is_not_a_number():
    loss = build_loss(losses.BCELoss(), torch.device("cpu"))
    y = torch.tensor([0.0, 1.0])
    assert math.isnan(loss(torch.tensor([0.5, math.nan]), y))
    p = torch.tensor([0.25, 1.0], requires_grad=True)
    loss(p, y).backward()
    plain = torch.tensor([0.25, 1.0], requires_grad=True)
    torch.nn.BCELoss()(plain, y).backward()
    assert torch.equal(p.grad, plain.grad)


def test_outputs_are_flat_beside_number_targets_only():
    assert shaped(torch.ones(3, 1), torch.ones(3)).shape == (3,)
    assert shaped(torch.ones(3, 4), torch.ones(3, dtype=torch.long)).shape == (3, 4)
