"""tui-lab datasets: what there is, and what people add, fetch and remove."""

import json

import pytest
from click.testing import CliRunner

from tui_lab.cli import main


def tell(*words: object):
    return CliRunner(catch_exceptions=False).invoke(main, ["datasets", *map(str, words)])


def refused(code: int, *words: object) -> str:
    result = tell(*words)
    assert result.exit_code == code
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.isprintable()
    return line


@pytest.fixture
def table(tmp_path):
    rows = "".join(f"{i * 7 % 41},{i % 5},{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "My table.csv").write_text(f"size,age,kind\n{rows}")
    return tmp_path / "My table.csv"


def listed() -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(tell("--json").stdout)}


def test_a_table_is_added_listed_and_removed(table):
    result = tell("add", table)
    assert result.exit_code == 0
    assert "my_table is added: 40 rows, 2 numbers each, 2 classes" in result.stdout
    assert "dataset: {name: my_table}" in result.stdout
    assert 'the target: "kind" is the last column; --target takes another' in result.stderr
    assert listed()["my_table"] == {
        "name": "my_table", "kind": "added", "task": "classification", "rows": 40,
        "features": 2, "classes": 2,
    }  # fmt: skip
    assert "my_table" in tell().stdout
    assert tell("remove", "my_table").exit_code == 0
    assert "my_table" not in listed()


def test_the_target_of_an_added_table_is_guessed_as_train_guesses_it(tmp_path):
    rows = "".join(f"{'ab'[i % 2]},{i * 7 % 41},{i % 5}\n" for i in range(40))
    (tmp_path / "birds.csv").write_text(f"species,size,age\n{rows}")
    result = tell("add", tmp_path / "birds.csv")
    assert 'the target: "species" is what targets are called' in result.stderr
    assert "2 classes" in result.stdout


def test_name_and_target_can_be_said(table):
    assert "a regression" in tell("add", table, "--name", "sizes", "--target", "size").stdout
    assert listed()["sizes"]["task"] == "regression"


def test_shipped_and_generated_ones_are_listed_without_reading_them():
    rows = listed()
    assert rows["digits"]["kind"] == "shipped"
    assert rows["moons"]["kind"] == "generated"
    assert rows["mnist_5000"]["features"] == 784


def test_pictures_are_added_in_the_size_that_is_asked_for(tmp_path):
    from PIL import Image

    for kind, value in (("cat", 9), ("dog", 99)):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for count in range(5):
            Image.new("L", (20 + count, 20), value).save(tmp_path / "pets" / kind / f"{count}.png")
    assert "give a `size`" in refused(2, "add", tmp_path / "pets")
    result = tell("add", tmp_path / "pets", "--size", 6, 4)
    assert "pets is added: 10 rows, 24 numbers each, 2 classes" in result.stdout
    assert "10 pictures were brought to 6x4" in result.stderr


def test_mistakes_are_one_sentence(table, tmp_path):
    assert "there is no file" in refused(2, "add", tmp_path / "My tabel.csv")
    assert "did you mean" in refused(2, "add", tmp_path / "My tabel.csv")
    assert "can't be the name" in refused(2, "add", table, "--name", "../x")
    assert "already" in refused(2, "add", table, "--name", "iris")
    assert 'no column "kidn"; did you mean "kind"' in refused(2, "add", table, "--target", "kidn")
    assert "--size is for pictures" in refused(2, "add", table, "--size", 4, 4)
    assert tell("add", tmp_path, "--size", 0, 5).exit_code == 2
    assert "--target is for tables" in refused(2, "add", tmp_path, "--target", "x")
    assert "was added" in refused(2, "remove", "\x1b[2J")
    assert "did you mean" in refused(2, "fetch", "mnits")
    assert "begins with https://" in refused(2, "fetch", "mnist", "--from", "/tmp")
    said = refused(1, "fetch", "mnist", "--from", "http://127.0.0.1:9")
    assert "is there a network?" in said
    assert "my_table" not in listed()
