"""Runs beside each other: who is better, by how much, and when nobody should believe it."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset
from tui_lab.runs.about import About, write_about
from tui_lab.runs.contenders import contenders, effects, settings_that_differ, table
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.verdict import standard_error, verdict


def trained(*changes: str, preset: str = "digits", rows: int = 270, name: str = "", **test) -> Run:
    """A run of three epochs that ended with these metrics on the test rows."""
    run = create_run(load_preset(preset, changes), preset)
    metric = next(iter(test), "accuracy")
    lines = [{"event": "started", "batches": 40, "rows": {"test": rows}}]
    for epoch, loss in enumerate((3.0, 1.0, 2.0), start=1):
        told = {"loss": loss, metric: loss / 10}
        lines.append({"event": "epoch", "epoch": epoch, "train": told, "validation": told})
    run.file("events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run.file("status.json").write_text(json.dumps({"state": "finished", "name": preset}))
    summary = {"parameters": {"total": 9, "trainable": 9}, "seconds": 1.5, "best_epoch": 2}
    tables = {"test": test} if test else {}
    run.file("summary.json").write_text(json.dumps(summary | tables))
    if name:
        write_about(run.file("about.json"), About(name))
    return run


def said(*runs: Run) -> str:
    return verdict(contenders(runs))


def test_the_second_of_two_is_told_beside_the_first(home):
    scratch = trained(accuracy=0.98, name="from scratch")
    moved = trained("optimizer.lr=0.001", accuracy=0.79, name="transferred")
    told = said(scratch, moved)
    assert told.startswith("B (transferred) is 0.19 worse than A (from scratch) on the 270 test")
    assert "(accuracy 0.7900 against 0.9800)" in told
    assert "more than chance" in told
    assert said(moved, scratch).startswith("B (from scratch) is 0.19 better than A (transferred)")


def test_a_small_difference_on_few_rows_is_not_to_be_trusted(home):
    one, other = (trained(f"training.epochs={n}", accuracy=p, rows=23)
                  for n, p in ((3, 0.9130), (4, 0.9565)))  # fmt: skip
    told = said(one, other)
    assert "Don't trust the difference" in told
    assert f"±{max(standard_error(0.913, 23), standard_error(0.9565, 23)):.2g}" in told


def test_of_more_than_two_the_best_is_told_beside_the_next(home):
    runs = [trained(f"training.epochs={n}", accuracy=a) for n, a in ((1, 0.5), (2, 0.9), (3, 0.7))]
    assert said(*runs).startswith("B (digits-2) is 0.2 better than C (digits-3)")


def test_for_numbers_the_lower_rmse_is_better(home):
    runs = [trained(f"training.epochs={rmse:.0f}", preset="diabetes", rmse=rmse)
            for rmse in (60.0, 57.5)]  # fmt: skip
    assert said(*runs).startswith("B (diabetes-2) is 2.5 better than A (diabetes-1)")
    assert "try other seeds" in said(*runs)


def test_equal_ones_are_equally_good_and_seeds_are_chance(home):
    one, same = trained(accuracy=0.9), trained("training.epochs=9", accuracy=0.9)
    assert "equally good" in said(one, same)
    assert "chance alone" in said(one, trained("training.seed=9", accuracy=0.8))


@pytest.mark.parametrize(
    ("change", "preset", "test", "why"),
    [
        ("dataset.seed=5", "digits", {"accuracy": 0.9}, "(dataset.seed)"),
        ("dataset.split=[0.6, 0.2, 0.2]", "digits", {"accuracy": 0.9}, "(dataset.split)"),
        ("training.epochs=3", "iris", {"accuracy": 0.9}, "(dataset.name)"),
        (
            "training.epochs=3",
            "diabetes",
            {"rmse": 50.0},
            "Some tell classes and some tell numbers",
        ),
        ("training.epochs=3", "digits", {}, "B (digits-2) is finished, without results"),
    ],
)
def test_what_cannot_be_compared_is_said_with_the_reason(home, change, preset, test, why):
    told = said(trained(accuracy=0.9), trained(change, preset=preset, **test))
    assert why in told
    assert "better" not in told
    assert "worse" not in told


def test_other_rows_in_the_same_file_and_other_losses_are_noticed(home):
    one = trained(accuracy=0.9)
    assert "not even equally many" in said(one, trained(accuracy=0.8, rows=90))
    other = trained("loss=BCELoss", accuracy=0.8)
    assert "Their losses are different functions" in said(one, other)
    assert "better" not in said(one, trained("dataset.batch_size=8", accuracy=0.8))


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_the_standard_error_is_never_zero_and_near_the_formula(accuracy, rows):
    error = standard_error(accuracy, rows)
    assert 0 < error <= 0.5 / math.sqrt(rows)
    if rows > 10_000 and 0.1 < accuracy < 0.9:
        assert math.isclose(error, math.sqrt(accuracy * (1 - accuracy) / rows), rel_tol=0.01)


def test_only_what_differs_stands_above_what_came_of_it(home):
    them = contenders([trained(accuracy=0.9), trained("optimizer.lr=0.5", accuracy=0.8)])
    assert settings_that_differ(them) == {"optimizer.lr": [0.05, 0.5]}
    found = effects(them)
    assert found["best validation loss"] == [1.0, 1.0]
    assert found["last validation loss"] == [2.0, 2.0]
    assert found["best validation accuracy"] == [0.3, 0.3]
    assert (found["test accuracy"], found["epochs"], found["seconds"]) == (
        [0.9, 0.8],
        [3, 3],
        [1.5, 1.5],
    )
    rows = table(them)
    assert rows[0] == ["", "A", "B"]
    assert rows[1] == ["optimizer.lr", "0.05", "0.5"]


@pytest.mark.parametrize("count", [0, 1, 9])
def test_two_to_eight_runs_are_compared(home, count):
    with pytest.raises(BadInput, match="two to 8"):
        contenders([Run(Path(f"/{n}")) for n in range(count)])


def test_a_run_whose_experiment_is_broken_is_named(home):
    broken = trained(accuracy=0.9)
    broken.file("experiment.yaml").write_text("datset: x")
    with pytest.raises(BadInput, match=r"digits-1/experiment.yaml:1:1"):
        contenders([broken, trained(accuracy=0.9)])
