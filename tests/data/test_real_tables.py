"""Tables as people have them, where a folder of them lies beside the project."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tui_lab.data.prepare import prepare
from tui_lab.experiment.dataset import Csv

TABLES = Path(__file__).parents[3] / "shared" / "datasets"
pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="needs ../shared/datasets")


@pytest.mark.parametrize(
    ("name", "target", "task", "rows", "columns"),
    [
        ("auto_mpg", "mpg", "regression", 398, 9),
        ("banknote_authentication", "class", "classification", 1372, 4),
        ("california_housing", "MedHouseVal", "regression", 20640, 8),
        ("penguins", "species", "classification", 344, 10),
        ("spambase", "spam", "classification", 4601, 57),
        ("water_potability", "Potability", "classification", 3276, 9),
        ("winequality_red", "quality", "regression", 1599, 11),
        ("zoo", "type", "classification", 101, 16),
    ],
)
def test_a_real_table_is_ready_for_a_network(name, target, task, rows, columns):
    dataset = Csv(csv=str(TABLES / f"{name}.csv"), target=target)
    data = prepare(dataset)
    facts = dataset.facts()
    assert facts == replace(data.facts, notes=facts.notes)
    assert facts.notes[: len(data.facts.notes)] == data.facts.notes, "findings come behind"
    assert (data.facts.task, data.facts.rows, len(data.facts.columns)) == (task, rows, columns)
    for split, share in ((data.train, 0.7), (data.validation, 0.15), (data.test, 0.15)):
        assert len(split.y) == pytest.approx(rows * share, abs=len(data.facts.classes) + 1)
        assert np.isfinite(split.x).all()
    assert set(data.train.y) == set(range(len(data.facts.classes))) or task == "regression"
