"""The datasets that travel with the program: data and cards that agree."""

import importlib.util
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.data.baseline import baseline_of
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
    return tmp_path


def test_the_five_are_there():
    assert set(shipped_names()) >= {"breast_cancer", "iris", "wine", "digits", "diabetes"}


@pytest.mark.parametrize("name", shipped_names())
def test_every_card_says_what_a_beginner_must_know(name):
    card = Shipped(name=name).card()
    for text in (card.title, card.about, card.source, card.licence):
        assert len(text) > 10
    assert any(
        known in card.licence for known in ("CC BY 4.0", "CC BY-SA 3.0", "BSD-3-Clause", "MIT")
    )
    assert card.about.endswith(".")


def test_digits_are_pictures():
    assert Shipped(name="digits").facts().picture == (1, 8, 8)


@pytest.fixture
def script():
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_files_are_what_the_script_writes(tmp_path, script):
    for name in script.CARDS:
        script.build(name, tmp_path / name)
        for file in ("data.csv", "card.yaml"):
            assert (tmp_path / name / file).read_bytes() == (FOLDER / name / file).read_bytes()


@pytest.mark.parametrize("name", shipped_names())
def test_the_baseline_on_a_card_is_that_of_its_rows(name):
    table = load(Shipped(name=name))
    assert table.facts.baseline == float(f"{baseline_of(table.y, bool(table.facts.classes)):.4g}")


def test_mnist_holds_pictures_whose_digits_take_turns():
    table = load(Shipped(name="mnist_5000"))
    assert table.facts.picture == (1, 28, 28)
    assert list(table.y) == list(range(10)) * 500
    pixels = table.features.to_numpy()
    assert (pixels.dtype, pixels.min(), pixels.max()) == (np.uint8, 0, 255)
    first = pixels[1].reshape(28, 28)
    assert first[:, :4].max() == 0 < first[:, 12:16].max()  # a 1 is narrow


def test_a_stand_in_is_called_one(folder):
    changed(folder / "iris" / "card.yaml", "task:", "stand_in: true\ntask:")
    assert Shipped(name="iris").facts().name == "iris (stand-in)"
    assert load(Shipped(name="iris", rows=[1, 120])).facts.name == "iris (stand-in)"


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
        ("columns:\n- sepal_length\n- sepal_width\n- petal_length\n- petal_width\n", "",
         "they are needed, unless a row is a picture"),
        ("rows: 150", "rows: many", 'rows should be a whole number, not the text "many"'),
        ("title: ", "title: [", "is not YAML"),
    ],
)  # fmt: skip
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


def some(name, **parts):
    return load(Shipped(name=name, **parts))


def test_some_rows_of_a_table_are_those_of_their_numbers():
    whole, part = some("digits"), some("digits", rows=[901, 1000])
    assert part.features.equals(whole.features.iloc[900:1000])
    assert (part.y == whole.y[900:1000]).all()
    assert (
        part.facts
        == replace(whole.facts, rows=100, baseline=0.12)
        == Shipped(name="digits", rows=[901, 1000]).facts()
    )
    assert len(some("diabetes", rows=[1, 20]).y) == 20


def test_a_list_of_classes_keeps_only_these_in_this_order():
    whole, part = some("iris"), some("iris", classes=["virginica", "setosa"])
    assert part.facts.classes == ("virginica", "setosa")
    assert part.features.equals(whole.features[whole.y != 1])
    assert (part.y == (whole.y[whole.y != 1] == 0)).all()


def test_a_mapping_of_classes_makes_new_ones():
    groups = {"odd": ["1", "3", "5"], "even": ["0", "2"]}
    whole, part = some("digits", rows=[1, 200]), some("digits", rows=[1, 200], classes=groups)
    kept = np.isin(whole.y, [0, 1, 2, 3, 5])
    assert part.facts.classes == ("odd", "even")
    assert part.facts.rows == kept.sum() == len(part.features)
    assert (part.y == (whole.y[kept] % 2 == 0)).all()


def test_the_splits_of_a_part_are_shares_of_the_part():
    share = Shipped(
        name="digits", rows=[901, 1797], classes=["5", "6"], split=(0.2, 0.2, 0.6), seed=3
    )
    data = prepare(share)
    assert len(data.train.y) == pytest.approx(0.2 * data.facts.rows, abs=2)
    rows = np.concatenate([data.train.rows, data.validation.rows, data.test.rows])
    assert sorted(rows) == list(range(data.facts.rows))


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"rows": [9, 1]}, "the first row, 9, comes after the last, 1"),
        ({"rows": [1, 151]}, "there are only 150 rows, not 151"),
        ({"classes": ["virginca", "setosa"]}, 'no class "virginca"; did you mean "virginica"?'),
        ({"classes": ["tulip", "setosa"]}, "(there are: setosa, versicolor, virginica)"),
        ({"classes": ["setosa"]}, "at least two"),
        ({"classes": {"all": ["setosa", "virginica"]}}, "at least two"),
        ({"classes": ["setosa", "setosa"]}, '"setosa" is there twice'),
        ({"classes": {"a": ["setosa"], "b": ["setosa"]}}, '"setosa" is there twice'),
        ({"classes": {"a": ["setosa"], "b": []}}, '"b" is made of no class'),
        ({"classes": []}, "at least two"),
    ],
)
def test_rows_and_classes_that_are_not_there_are_refused(parts, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        Shipped(name="iris", **parts)


def test_a_number_has_no_classes():
    with pytest.raises(ValueError, match='"progression" is a number and has no classes'):
        Shipped(name="diabetes", classes=["a", "b"])


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"rows": [1, 60]}, 'there is no row of class "virginica" among rows 1-60'),
        ({"rows": [46, 54], "classes": ["setosa", "versicolor"]}, "only 9 are left"),
    ],
)
def test_rows_that_leave_too_little_are_refused_when_the_table_is_read(parts, says):
    with pytest.raises(BadInput, match=says):
        Shipped(name="iris", **parts).facts()


@given(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()))
    | st.dictionaries(st.sampled_from(["name", "csv", "target"]), st.none() | st.lists(st.text()))
    | st.fixed_dictionaries({"name": st.none() | st.integers() | st.lists(st.text()) | st.text()})
)
def test_a_dataset_that_is_none_is_refused_in_words(value):
    with pytest.raises(ValueError, match="dataset"):
        Experiment.model_validate({"dataset": value})
