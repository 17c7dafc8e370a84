"""Predictions for a CSV file: the trainer's own classes, whatever the order of the columns."""

import csv
import json
import random

import pandas as pd
import pytest
from tables import HOSTILE, write_table

from tui_lab.data.prepare import split
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.training import predictions
from tui_lab.training.own_rows import own_test_rows
from tui_lab.training.predictions import write_predictions
from tui_lab.training.trained import trained
from tui_lab.training.trying import Trying


@pytest.fixture
def predict(tmp_path, capsys):
    """The answers for a file as rows of text, and what was noted."""

    def predicted(run, file):
        write_predictions(run, file, tmp_path / "out.csv", as_json=False)
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as out:
            return list(csv.reader(out)), capsys.readouterr().err

    return predicted


def score(notes: str) -> float:
    return float(notes.split("accuracy ")[-1].split(" ")[0])


@pytest.mark.parametrize("preset", ["digits", "iris", "breast_cancer", "circles"])
def test_the_runs_own_test_rows_get_the_trainers_classes(train, tmp_path, predict, preset):
    run = train(preset, "training.epochs=3")
    table = load(run.experiment.dataset)
    rows = split(table, run.experiment.dataset)[2]
    frame = table.features.iloc[rows].assign(
        **{table.facts.target: [table.facts.classes[y] for y in table.y[rows]], "extra": "=x"}
    )
    names = random.Random(3).sample(list(frame.columns), len(frame.columns))
    frame[names].to_csv(tmp_path / "test.csv", index=False)
    answers, notes = predict(run, tmp_path / "test.csv")
    told = run.summary()["test"]["accuracy"]
    assert score(notes) == pytest.approx(told, abs=5e-5)
    hits = frame[table.facts.target] == [row[1] for row in answers[1:]]
    assert hits.mean() == pytest.approx(told)
    assert [row[0] for row in answers[1:3]] == ["2", "3"]


def test_a_file_as_training_read_it_is_taken_whole(train, tmp_path, predict):
    """Holes, words, booleans: each row is answered as the run answers its own rows."""
    run = train(write_table(tmp_path / "t.csv"))
    answers, notes = predict(run, tmp_path / "t.csv")
    assert answers[0] == ["row", "prediction", "p(a)", "p(b)", "p(c)"]
    assert len(answers) == 121
    assert all(sum(map(float, row[2:])) == pytest.approx(1, abs=1e-6) for row in answers[1:])
    assert '29 missing in "size", "weight": filled' in notes
    assert "never saw" not in notes
    lines = own_test_rows(run, trained(run).saved)[0].index
    shown = Trying(run).another()["probabilities"]
    by_line = {int(row[0]): [float(cell) for cell in row[2:]] for row in answers[1:]}
    assert by_line[lines[0]] == pytest.approx(list(shown.values()), abs=1e-6)


def test_a_regression_is_answered_in_the_targets_units(train, tmp_path, predict):
    run = train(write_table(tmp_path / "t.csv", target="price"))
    answers, notes = predict(run, tmp_path / "t.csv")
    known = pd.read_csv(tmp_path / "t.csv")["price"]
    given = pd.Series([float(row[1]) for row in answers[1:]])
    assert answers[0] == ["row", "prediction"]
    rmse = ((given - known) ** 2).mean() ** 0.5
    assert f"RMSE {rmse:.6g} on the 120 rows" in notes


def test_many_rows_are_answered_in_parts_like_few(train, tmp_path, predict, monkeypatch):
    run = train(write_table(tmp_path / "t.csv"))
    whole, notes = predict(run, tmp_path / "t.csv")
    monkeypatch.setattr(predictions, "PART", 7)
    in_parts, notes_of_parts = predict(run, tmp_path / "t.csv")
    assert [row[:2] for row in in_parts] == [row[:2] for row in whole]
    assert notes_of_parts == notes


def test_hostile_classes_are_data_in_a_spreadsheet_and_exact_otherwise(train, tmp_path, predict):
    run = train(write_table(tmp_path / "t.csv", classes=HOSTILE))
    answers, _ = predict(run, tmp_path / "t.csv")
    guarded = [f"'{name}" if name[0] == "=" else name for name in HOSTILE]
    assert {row[1] for row in answers[1:]} <= set(guarded)
    assert set(answers[0][2:]) == {f"p({name})" for name in HOSTILE}
    assert not any(cell[:1] in "=+@" for row in answers for cell in row)
    write_predictions(run, tmp_path / "t.csv", tmp_path / "out.json", as_json=True)
    rows = json.loads((tmp_path / "out.json").read_text())
    assert set(rows[0]["probabilities"]) == set(HOSTILE)
    assert [row["row"] for row in rows] == [int(row[0]) for row in answers[1:]]


def test_each_note_is_one_line_whatever_the_columns_are_called(train, tmp_path, predict):
    table = write_table(tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text()
    (tmp_path / "t.csv").write_text(text.replace("size", '"si\nze"').replace("class", '"a\nb"'))
    table["dataset"]["target"] = "a\nb"
    _, notes = predict(train(table), tmp_path / "t.csv")
    assert all(line.startswith("note: ") for line in notes.splitlines())
    assert "si\\nze" in notes
    assert "a\\nb" in notes


def test_nothing_is_written_when_a_part_fails(train, tmp_path, monkeypatch):
    run = train(write_table(tmp_path / "t.csv"))
    (tmp_path / "out.csv").write_text("older")

    def broken(*_):
        raise BadInput("broken")

    monkeypatch.setattr(predictions, "_part", broken)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInput, match="broken"):
        write_predictions(run, tmp_path / "t.csv", tmp_path / "out.csv", as_json=False)
    assert (tmp_path / "out.csv").read_text() == "older"
    assert sorted(tmp_path.iterdir()) == before


def test_a_run_whose_files_do_not_belong_together_is_refused(train, tmp_path):
    run, other = train("iris", "training.epochs=1"), train("digits", "training.epochs=1")
    run.file("weights.safetensors").write_bytes(other.file("weights.safetensors").read_bytes())
    with pytest.raises(BadInput, match="doesn't fit the layers"):
        trained(run)
    run.file("preparation.json").unlink()
    with pytest.raises(BadInput, match="train it again"):
        trained(run)


def test_a_run_on_pictures_answers_pixels_and_says_so(train, tmp_path):
    run = train("digits", "training.epochs=1")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match=r'lacks the columns "pixel_0_0", .* and 59 more'):
        write_predictions(run, tmp_path / "t.csv", tmp_path / "out.csv", as_json=False)
    with pytest.raises(BadInput, match="holds pictures; only a table"):
        write_predictions(run, tmp_path, tmp_path / "out.csv", as_json=False)
    assert not (tmp_path / "out.csv").exists()
