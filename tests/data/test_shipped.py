"""The datasets that travel with the program: data and cards that agree."""

import importlib.util
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.data.prepare import prepare
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment import dataset as dataset_file
from tui_lab.experiment.catalogue import all_datasets
from tui_lab.experiment.dataset import Shipped, shipped_folder, shipped_names
from tui_lab.experiment.experiment import Experiment

FOLDER = shipped_folder("datasets")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of datasets with one, iris."""
    shutil.copytree(FOLDER / "iris", tmp_path / "iris")
    monkeypatch.setattr(dataset_file, "shipped_folder", lambda kind: tmp_path)
    monkeypatch.setattr("tui_lab.data.table.shipped_folder", lambda kind: tmp_path)
    return tmp_path


def test_the_five_are_there():
    assert set(shipped_names()) >= {"breast_cancer", "iris", "wine", "digits", "diabetes"}


@pytest.mark.parametrize("name", shipped_names())
def test_every_card_says_what_a_beginner_must_know(name):
    card = Shipped(name=name).card()
    for text in (card.title, card.about, card.source, card.licence):
        assert len(text) > 10
    assert "CC BY 4.0" in card.licence or "BSD-3-Clause" in card.licence
    assert card.about.endswith(".")


def test_digits_are_pictures():
    assert Shipped(name="digits").facts().picture == (1, 8, 8)


def test_the_files_are_what_the_script_writes(tmp_path):
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name in script.CARDS:
        script.build(name, tmp_path / name)
        for file in ("data.csv", "card.yaml"):
            assert (tmp_path / name / file).read_bytes() == (FOLDER / name / file).read_bytes()


def test_a_new_folder_is_found_by_itself(folder):
    shutil.copytree(folder / "iris", folder / "flowers")
    assert "flowers" in [dataset.name for dataset in all_datasets()]
    experiment = Experiment.model_validate({"dataset": {"name": "flowers"}})
    assert len(prepare(experiment.dataset).train.y) == 105


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("licence:", "license:", 'unknown key "license"; did you mean "licence"?'),
        ("task: classification\n", "", "task is missing"),
        ("task: classification", "task: clasification", 'did you mean "classification"?'),
        ("task: classification", "task: regression", "classes: a regression has none"),
        ("- setosa\n- versicolor\n", "", "classes: a classification needs at least 2"),
        ("- petal_length", "- sepal_length", 'columns: "sepal_length" is there twice'),
        ("classes:", "picture: [1, 2, 3]\nclasses:", "1x2x3 pixels, but there are 4 columns"),
        ("rows: 150", "rows: many", 'rows should be a whole number, not the text "many"'),
        ("title: ", "title: [", "is not YAML"),
    ],
)
def test_a_mistake_in_a_card_is_told_with_its_line(folder, old, new, said):
    card = folder / "iris" / "card.yaml"
    changed(card, old, new)
    with pytest.raises(BadInput) as caught:
        Shipped(name="iris").facts()
    assert str(caught.value).startswith(f"{card}:")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("card.yaml", "- petal_length", "- petal_lenght", "data.csv:1: the columns are not those"),
        ("data.csv", "5.1,3.5,1.4,0.2,setosa", "5.1,3.5,1.4,0.2,rose", "data.csv:2: the target"),
        ("data.csv", "5.1,3.5,1.4,0.2,setosa", "5.1,3.5,1.4,0.2,", "data.csv:2: the target"),
    ],
)
def test_a_card_that_does_not_fit_its_data_is_told(folder, file, old, new, said):
    changed(folder / "iris" / file, old, new)
    with pytest.raises(BadInput, match=said):
        load(Shipped(name="iris"))


@given(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()))
    | st.dictionaries(st.sampled_from(["name", "csv", "target"]), st.none() | st.lists(st.text()))
    | st.fixed_dictionaries({"name": st.none() | st.integers() | st.lists(st.text()) | st.text()})
)
def test_a_dataset_that_is_none_is_refused_in_words(value):
    with pytest.raises(ValueError, match="dataset"):
        Experiment.model_validate({"dataset": value})
