"""`tui-lab train FILE --target COLUMN`: from a table to its tables without a preset."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from tui_lab.cli import main
from tui_lab.data import needed as needed_module
from tui_lab.runs.run import find_run

ROWS = "".join(f"{i % 7},{i % 5},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(60))


def tell(*words: object):
    return CliRunner(catch_exceptions=False).invoke(main, [*map(str, words)])


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "my table.csv"
    path.write_text("size,weight,ripe\n" + ROWS)
    return path


@pytest.mark.parametrize("by_option", [True, False])
def test_a_table_and_its_target_are_enough(home, table, by_option):
    words = ["--data", table] if by_option else [table]
    result = tell("train", *words, "--target", "ripe", "--json", "--set", "training.epochs=2")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["state"] == "finished"
    assert 0 <= told["test"]["accuracy"] <= 1
    run = find_run(told["run"])
    assert run.experiment.dataset.csv == str(table)
    assert len(run.experiment.dataset.sha256) == 64


def test_a_run_refuses_a_table_that_has_changed(home, table):
    first = tell("train", table, "--target", "ripe", "--json", "--set", "training.epochs=1")
    preset = find_run(json.loads(first.stdout)["run"]).file("experiment.yaml")
    assert tell("check", preset).exit_code == 0
    table.write_text("size,weight,ripe\n" + ROWS + "1,2,yes\n")
    result = tell("check", preset)
    assert result.exit_code == 2
    assert "has changed since this was made" in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--data", "{}"], "--target (columns: size, weight, ripe)"),
        (["--data", "{}", "--target", "rip"], 'did you mean "ripe"?'),
        (["digits", "--data", "{}"], "give either a preset or --data, not both"),
        (["digits", "--target", "x"], "--target is for a table: add --data FILE"),
        (["--task", "regression"], "--task is for a table: add --data FILE"),
        ([], "name a preset, such as digits, or a table with --data FILE"),
        (["--data", "{}.gone", "--target", "x"], "there is no file"),
        (["--data", "{}", "--target", "ripe", "--set", "training.epochs=0"], "epochs"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(home, table, words, says):
    result = tell("train", *(word.format(table) for word in words))
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line
    assert line.count(str(table)) <= 1 + ("there is no file" in line)
    assert not home.exists()


def test_a_table_alone_is_trained_where_no_lab_can_be_shown_saying_its_target(
    home, table, monkeypatch
):
    trained = []
    monkeypatch.setattr("tui_lab.cli.train._train", lambda preset, *_, **__: trained.append(preset))
    result = tell(table)
    assert 'note: the target: "ripe" is the last column' in result.stderr
    (preset,) = trained
    assert (preset.experiment.dataset.csv, preset.experiment.dataset.target) == (str(table), "ripe")


def test_a_table_opens_the_lab_with_its_data_screen(home, table, monkeypatch):
    shown = {}
    monkeypatch.setattr("tui_lab.cli.train.is_terminal", lambda: True)
    monkeypatch.setattr(
        "tui_lab.lab.app.open_lab", lambda *_, data, **__: shown.update(data=data) or 0
    )
    assert tell(table).exit_code == 0
    assert (shown["data"].csv, shown["data"].target) == (str(table), "")
    assert tell("digits").exit_code == 0
    assert shown["data"] is None


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("my tabel.csv", 'did you mean "my table.csv"?'),
        ("none.parquet", "there is no file"),
    ],
)
def test_a_file_that_can_not_be_opened_is_refused_before_the_screen_is_taken(
    home, table, monkeypatch, word, says
):
    monkeypatch.setattr("tui_lab.cli.train.is_terminal", lambda: True)
    monkeypatch.chdir(table.parent)
    result = tell(word)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line


@pytest.mark.parametrize("word", ["pets", "pets.npz"])
def test_pictures_without_a_terminal_are_trained_on(home, tmp_path, monkeypatch, word):
    for kind in ("cat", "dog"):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for count in range(5):
            Image.new("L", (5, 4), count).save(tmp_path / "pets" / kind / f"{count}.png")
    np.savez(tmp_path / "pets.npz", x=np.arange(240).reshape(12, 4, 5), y=np.arange(12) % 2)
    trained = []
    monkeypatch.setattr("tui_lab.cli.train._train", lambda found, *_, **__: trained.append(found))
    tell(tmp_path / word)
    assert trained[0].experiment.dataset.pictures == str(tmp_path / word)


def test_a_sweep_of_a_table_asks_for_a_preset(home, table):
    result = tell("sweep", table)
    assert result.exit_code == 2
    assert "are data: sweep wants a preset" in result.stderr


@pytest.mark.parametrize("kind", ["gz", "parquet"])
def test_a_packed_table_is_trained_on_and_new_rows_are_answered(home, table, tmp_path, kind):
    packed = tmp_path / f"rows.{kind}"
    if kind == "gz":
        packed.write_bytes(gzip.compress(table.read_bytes().replace(b",", b";")))
    else:
        pd.read_csv(table).to_parquet(packed)
    first = tell("train", packed, "--target", "ripe", "--json", "--set", "training.epochs=1")
    assert first.exit_code == 0, first.stderr
    assert ("note: read with semicolons" in first.stderr) == (kind == "gz")
    answered = tell("predict", json.loads(first.stdout)["run"], packed)
    assert answered.exit_code == 0, answered.stderr
    assert len(answered.stdout.splitlines()) == 61


def test_a_table_that_takes_most_of_the_memory_is_told_before(home, table, monkeypatch):
    needed = table.stat().st_size * 6
    for free, told in [(needed * 2.1, False), (needed * 1.9, True)]:
        monkeypatch.setattr(needed_module, "free_memory", lambda free=free: free)
        result = tell("train", table, "--target", "rip")
        assert ("reading my table.csv needs about 0.0 GB" in result.stderr) == told
