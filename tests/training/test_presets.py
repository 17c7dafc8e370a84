"""Every shipped preset trains, and the good ones reach what a good small network reaches."""

import json
import math

import pytest
from told import events, state

from tui_lab.experiment.presets import load_preset, shipped_presets


@pytest.mark.parametrize("name", shipped_presets())
def test_every_preset_trains_an_epoch_and_has_finite_tables(train, name):
    if weights := load_preset(name).weights:
        train(weights.from_, "training.epochs=1")
    run = train(name, "training.epochs=1")
    assert state(run) == "finished"
    summary = run.summary()
    for split in ("train", "validation", "test"):
        assert all(math.isfinite(value) for value in summary[split].values()), summary[split]
    assert run.file("weights.safetensors").stat().st_size > 0


@pytest.mark.parametrize("name", shipped_presets())
def test_every_preset_says_how_to_open_it_and_what_to_watch(name):
    text = shipped_presets()[name].read_text()
    assert text.splitlines()[0] == f"# tui-lab {name}"
    experiment = load_preset(name)
    assert experiment.title
    sentences = experiment.notes.count(". ") + 1
    assert experiment.notes.endswith(".")
    assert sentences in (2, 3), experiment.notes


def test_every_section_of_the_course_that_can_be_trained_has_a_preset():
    sections = {load_preset(name).section for name in shipped_presets()}
    wanted = {"2", "3a", "4.1", "4.4", "5.1", "5.2", "5.3", "5.4a", "5.4b", "6.2", "6.3", "6.4"}
    assert wanted <= sections


@pytest.mark.parametrize(
    ("name", "metric", "least", "most"),
    [
        ("digits", "accuracy", 0.95, 1.0),
        ("digits_conv", "accuracy", 0.95, 1.0),
        ("mnist_5000", "accuracy", 0.93, 0.97),
        ("breast_cancer", "accuracy", 0.94, 1.0),
        ("iris", "accuracy", 0.9, 1.0),
        ("spirals", "accuracy", 0.95, 1.0),
        ("circles", "accuracy", 0.97, 1.0),
        ("circles_linear", "accuracy", 0.3, 0.65),
        ("diabetes", "rmse", 40, 62),
        ("sine", "rmse", 0.08, 0.12),
    ],
)
def test_presets_reach_what_they_promise(train, name, metric, least, most):
    assert least <= train(name).summary()["test"][metric] <= most


def losses(run, split):
    return [event[split]["loss"] for event in events(run, "epoch")]


def with_relu(name):
    """The change that puts a ReLU in the place of every other activation."""
    layers = load_preset(name).model_dump(mode="json")["layers"]
    swapped = [layer if "Linear" in layer else "ReLU" for layer in layers]
    return f"layers={json.dumps(swapped)}"


def test_six_sigmoids_let_the_gradient_vanish_and_relu_does_not(train):
    name, guessing = "5.1-vanishing", math.log(10)
    flat = losses(train(name, "training.epochs=5"), "train")
    assert flat[-1] == pytest.approx(guessing, abs=0.05)
    falling = losses(train(name, "training.epochs=5", with_relu(name)), "train")
    assert falling[-1] < guessing / 2


def test_a_leaky_relu_survives_where_relu_dies(train):
    name = "5.1-leaky-relu"
    leaky, dead = (train(name, *change).summary()["test"] for change in ([], [with_relu(name)]))
    assert leaky["accuracy"] > dead["accuracy"] + 0.05


@pytest.mark.parametrize(("lr", "says"), [(0.0005, "barely falls"), (0.1, "good"), (5, "diverges")])
def test_a_rate_may_be_too_small_good_or_too_large(train, lr, says):
    run = train("5.3-learning-rate", f"optimizer.lr={lr}")
    assert (state(run) == "diverged") == (says == "diverges")
    if says == "barely falls":
        assert losses(run, "train")[-1] > 0.9
    elif says == "good":
        assert losses(run, "train")[-1] < 0.1


@pytest.mark.parametrize("remedy", ["optimizer.weight_decay=0.01", "dataset.rows=1000"])
def test_overfitting_turns_the_validation_loss_up_and_remedies_narrow_the_gap(train, remedy):
    def gap(run):
        return losses(run, "validation")[-1] - losses(run, "train")[-1]

    epochs = "training.epochs=80"
    sick, mended = train("6.3-overfitting", epochs), train("6.3-overfitting", epochs, remedy)
    assert losses(sick, "train")[-1] < 0.05
    assert losses(sick, "validation")[-1] > 2 * min(losses(sick, "validation"))
    assert gap(mended) < gap(sick) / 2
