"""preparation.json reads back as it was written, and nothing else is believed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.errors import BadInput
from tui_lab.experiment.preparation import Column, SavedPreparation, read_preparation

RIGHT = {
    "dataset": "t.csv", "task": "classification", "rows": 20,
    "columns": [{"name": "size"}, {"name": "kind", "words": ["ash", "oak"]}],
    "fill": [1.5, 0, 0], "mean": [0.1, 0.2, 0.3], "deviation": [1, 0, 1e-300],
    "target": "y", "classes": ["no", "yes"], "target_mean": 0, "target_deviation": 1,
}  # fmt: skip
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
finite = st.floats(allow_nan=False, allow_infinity=False)


def read(path, data):
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return read_preparation(path)


def test_the_numbers_that_enter_are_named(tmp_path):
    found = read(tmp_path / "p.json", RIGHT)
    assert found.numbers == ("size", "kind=ash", "kind=oak")
    assert found.facts.columns == found.numbers


@settings(max_examples=50)
@given(name=names, words=st.lists(names, unique=True, min_size=1), numbers=st.data())
def test_what_is_written_reads_back_to_the_bit(tmp_path_factory, name, words, numbers):
    three = [tuple(numbers.draw(st.lists(finite, min_size=len(words), max_size=len(words))))
             for _ in range(3)]  # fmt: skip
    saved = SavedPreparation(
        dataset=name, task="regression", rows=1, target=name, classes=(), target_mean=three[0][0],
        columns=(Column(name=name, words=tuple(words)),), target_deviation=1.0,
        fill=three[0], mean=three[1], deviation=tuple(map(abs, three[2])),
    )  # fmt: skip
    path = tmp_path_factory.getbasetemp() / "preparation.json"
    assert read(path, saved.model_dump_json()) == saved


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("{}", "dataset is missing"),
        (RIGHT | {"mean": [1]}, "should hold 3 numbers each"),
        (RIGHT | {"deviation": [1, 1, -1]}, "at least 0"),
        (RIGHT | {"fill": [1, 2, "NaN"]}, "a number"),
        (RIGHT | {"classes": ["one"]}, "at least 2 classes"),
        (RIGHT | {"columns": [{"name": "a"}, {"name": "a"}, {"name": "b"}]}, "the same name"),
        (RIGHT | {"picture": [1, -1, -3]}, "three sides of 3 pixels"),
        (RIGHT | {"target_deviation": 0}, "more than 0"),
        (RIGHT | {"version": 2}, "version"),
        (RIGHT | {"\x1b[2J": 2}, r"\\x1b"),
    ],
)
def test_whatever_makes_no_sense_is_refused_in_one_sentence(tmp_path, wrong, sentence):
    with pytest.raises(BadInput, match=sentence) as error:
        read(tmp_path / "p.json", wrong)
    assert str(error.value).isprintable()


def test_an_older_run_and_a_folder_are_refused(tmp_path):
    with pytest.raises(BadInput, match="train it again"):
        read_preparation(tmp_path / "none.json")
    with pytest.raises(BadInput, match="train it again"):
        read_preparation(tmp_path)
