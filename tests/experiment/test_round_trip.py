"""What is written reads back the same, and holds nothing that goes without saying."""

from typing import Any

import pytest
from hypothesis import given, settings
from strategies import experiments

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.mistakes import validated
from tui_lab.experiment.presets import load_preset, resolved, shipped_presets, written
from tui_lab.experiment.yaml_file import dump, parse


def read(text: str) -> Experiment:
    data, places = parse(text)
    return validated(Experiment, data, places, None)


@settings(max_examples=500)
@given(experiments())
def test_a_written_preset_reads_back_as_the_same_experiment(experiment):
    assert read(written(experiment)) == experiment


@settings(max_examples=200)
@given(experiments())
def test_a_resolved_experiment_reads_back_as_the_same_with_every_field_written(experiment):
    text = resolved(experiment)
    assert read(text) == experiment
    data = parse(text)[0]
    assert set(data) == set(Experiment.model_fields)
    assert set(data["dataset"]) == set(type(experiment.dataset).model_fields)
    for layer, fields in zip(experiment.layers or (), data["layers"] or (), strict=True):
        assert set(fields[type(layer).__name__]) == set(type(layer).model_fields)


@settings(max_examples=100)
@given(experiments())
def test_a_written_preset_holds_only_what_differs_from_the_defaults(experiment):
    data = parse(written(experiment))[0]
    for less in without_one_key(data):
        assert meaning(less) != experiment, dump(less)


def without_one_key(data: Any):
    """Copies of `data`, each without one key somewhere within."""
    if isinstance(data, list):
        for i, item in enumerate(data):
            yield from ([*data[:i], less, *data[i + 1 :]] for less in without_one_key(item))
    elif isinstance(data, dict):
        for key, value in data.items():
            yield {k: v for k, v in data.items() if k != key}
            yield from ({**data, key: less} for less in without_one_key(value))


def meaning(data: Any) -> object:
    try:
        return Experiment.model_validate(data)
    except ValueError:
        return None


@pytest.mark.parametrize("name", shipped_presets())
def test_every_shipped_preset_survives_reading_and_writing(name):
    experiment = load_preset(name)
    assert read(written(experiment)) == experiment
    assert read(resolved(experiment)) == experiment
    source = parse(shipped_presets()[name].read_text("utf-8"))[0]
    assert parse(written(experiment))[0].keys() <= source.keys()
