"""What the suggested network reaches on tables as people have them, with every default."""

from pathlib import Path

import pytest
from told import train_run

from tui_lab.experiment.own_data import preset_on
from tui_lab.experiment.ready import ready
from tui_lab.runs.run import create_run

TABLES = Path(__file__).parents[3] / "shared" / "datasets"
pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="needs ../shared/datasets")


def after_training(name: str, target: str, task: str | None = None) -> dict[str, float]:
    prepared = ready(preset_on(str(TABLES / f"{name}.csv"), target, task))
    assert not prepared.errors
    run = create_run(prepared.experiment, name)
    train_run(run)
    return run.summary()["test"]


@pytest.mark.parametrize(
    ("name", "target", "accuracy"),
    [
        ("spambase", "spam", 0.92),
        ("banknote_authentication", "class", 0.98),
        ("zoo", "type", 0.80),
        ("penguins", "species", 0.97),
        ("water_potability", "Potability", 0.61),
    ],
)
def test_classes_are_told_apart(name, target, accuracy):
    table = after_training(name, target)
    assert table["accuracy"] >= max(accuracy, table["baseline"])


@pytest.mark.parametrize(
    ("name", "target", "task", "rmse"),
    [
        ("winequality_red", "quality", None, 0.68),
        ("auto_mpg", "mpg", None, 3.0),
        ("california_housing", "MedHouseVal", None, 0.60),
    ],
)
def test_numbers_are_predicted(name, target, task, rmse):
    assert after_training(name, target, task)["rmse"] <= rmse
