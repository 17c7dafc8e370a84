"""Every shipped preset trains, and the good ones reach what a good small network reaches."""

import math

import pytest
from told import state

from tui_lab.experiment.presets import load_preset, shipped_presets


@pytest.mark.parametrize("name", shipped_presets())
def test_every_preset_trains_an_epoch_and_has_finite_tables(train, name):
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
    wanted = {"2", "3a", "4.1", "4.4", "5.1", "5.2", "5.3", "5.4a", "6.2", "6.3"}
    assert wanted <= sections


@pytest.mark.parametrize(
    ("name", "metric", "least", "most"),
    [
        ("digits", "accuracy", 0.95, 1.0),
        ("digits_conv", "accuracy", 0.95, 1.0),
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
