"""The stand-in for the course's table, and the columns of a shipped table that one asks for."""

import importlib.util

import numpy as np
import pytest
from pydantic import ValidationError

from tui_lab.data.prepare import prepare
from tui_lab.data.table import load
from tui_lab.experiment.dataset import Shipped, shipped_folder

WATER = shipped_folder("datasets") / "water_potability"
FOUR = ("ph", "Sulfate", "Conductivity", "Organic_carbon")


def test_its_rows_are_those_that_the_generator_draws(tmp_path):
    path = shipped_folder("datasets") / "stand_in.py"
    spec = importlib.util.spec_from_file_location("stand_in", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(tmp_path)
    for name in ("data.csv", "card.yaml"):
        assert (tmp_path / name).read_bytes() == (WATER / name).read_bytes()


def test_it_is_named_as_a_stand_in():
    assert Shipped(name="water_potability").facts().name == "water_potability (stand-in)"


def test_classes_and_missing_values_are_as_many_as_in_the_real_table():
    table = load(Shipped(name="water_potability"))
    assert np.bincount(table.y).tolist() == [1998, 1278]
    missing = table.features.isna().sum()
    assert missing[missing > 0].to_dict() == {"ph": 491, "Sulfate": 781, "Trihalomethanes": 162}


def test_only_the_columns_asked_for_enter():
    facts = Shipped(name="water_potability", columns=FOUR).facts()
    assert (facts.columns, facts.rows) == (FOUR, 3276)
    assert prepare(Shipped(name="water_potability", columns=FOUR)).train.x.shape[1] == 4


def test_rows_with_something_missing_can_be_dropped():
    dataset = Shipped(name="water_potability", columns=FOUR, missing="drop")
    table = load(dataset)
    assert not table.features.isna().any(axis=None)
    assert dataset.facts().rows == len(table.y) < 3276 - 781


@pytest.mark.parametrize("missing", ["mean", "most_frequent"])
def test_what_fills_the_gaps_can_be_chosen(missing):
    found = prepare(Shipped(name="water_potability", missing=missing))
    of_median = prepare(Shipped(name="water_potability")).preparation.fill
    assert found.saved.missing == missing
    assert (found.preparation.fill != of_median).any()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"name": "iris", "columns": ["petal_lenth"]}, 'did you mean "petal_length"'),
        ({"name": "iris", "columns": ["petal_width"] * 2}, '"petal_width" is there twice'),
        ({"name": "digits", "columns": ["pixel_0_0"]}, "pixels of pictures, which stay whole"),
    ],
)
def test_columns_that_are_not_there_are_refused(settings, says):
    with pytest.raises(ValidationError, match=says):
        Shipped(**settings)
