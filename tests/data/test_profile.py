"""What the data screen knows of each column, against scipy's values and by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import contingency
from sklearn.linear_model import LinearRegression

from tui_lab.data import profile as profiles
from tui_lab.data.guess import guessed_target
from tui_lab.data.prepare import split
from tui_lab.data.profile import frame_of, profile
from tui_lab.data.progress import Cancelled, reporting
from tui_lab.data.relation import Relation, relation
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv, Shipped

RANDOM = np.random.default_rng(5)
NUMBERS = pd.Series(RANDOM.normal(size=300))
OTHERS = NUMBERS**3 + pd.Series(RANDOM.normal(size=300))
WORDS = pd.Series(RANDOM.choice(["red", "green", "blue"], 300)).astype("str")
CLASSES = WORDS.where(NUMBERS > 0, "dark")


def r_squared(groups: pd.Series, values: np.ndarray) -> float:
    """What the groups alone explain of the values, by a regression on one column each."""
    columns = pd.get_dummies(groups).to_numpy(float)
    return LinearRegression(fit_intercept=False).fit(columns, values).score(columns, values)


def test_numbers_by_numbers_is_the_rank_correlation_whatever_its_sign():
    wanted = abs(stats.spearmanr(NUMBERS, OTHERS).statistic)
    assert relation(NUMBERS, OTHERS, False) == Relation(pytest.approx(wanted), "Spearman")
    assert relation(NUMBERS, -OTHERS, False) == Relation(pytest.approx(wanted), "Spearman")


def test_numbers_by_classes_is_what_the_classes_explain_of_the_ranks():
    wanted = np.sqrt(r_squared(CLASSES, stats.rankdata(NUMBERS)))
    assert relation(NUMBERS, CLASSES, True) == Relation(pytest.approx(wanted), "eta")
    assert relation(CLASSES, NUMBERS, False) == Relation(pytest.approx(wanted), "eta")


def test_words_by_classes_is_cramers_v():
    table = pd.crosstab(WORDS, CLASSES).to_numpy()
    wanted = contingency.association(table, method="cramer")
    assert relation(WORDS, CLASSES, True) == Relation(pytest.approx(wanted), "Cramér's V")


def test_a_copy_tells_everything_and_a_constant_nothing():
    assert relation(NUMBERS, np.exp(NUMBERS), False).value == pytest.approx(1)
    assert relation(WORDS, WORDS + "!", True).value == pytest.approx(1)
    assert relation(NUMBERS * 0, OTHERS, False) is None
    assert relation(NUMBERS.where(NUMBERS.index < 0), OTHERS, False) is None


def test_rows_with_a_gap_are_left_out_of_a_relation():
    gaps = NUMBERS.where(NUMBERS.index % 3 > 0)
    known = gaps.notna()
    assert relation(gaps, OTHERS, False) == relation(gaps[known], OTHERS[known], False)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i % 4},{'' if i % 10 == 0 else i / 2},{'ab'[i % 2]},{i % 3}" for i in range(60)]
    path.write_text("\n".join(["few,many,word,kind", *rows]))
    return Csv(csv=str(path), target="kind")


def test_a_column_is_told_as_it_stands_in_the_file(table):
    found = profile(table, frame_of(table))
    few, many, word, kind = found.columns
    assert (few.kind, few.missing, few.least, few.most, few.different) == ("numbers", 0, 0, 3, 4)
    assert few.bins == (15, 15, 15, 15)
    assert (many.missing, many.least, many.most, sum(many.bins), len(many.bins)) == (
        6, 0.5, 29.5, 54, 12,
    )  # fmt: skip
    assert (word.kind, word.least, word.frequent) == ("words", None, (("a", 30), ("b", 30)))
    assert kind.relation is None
    assert kind.frequent[0] == ("0", 20)
    assert [(split.name, split.rows) for split in found.splits] == [
        ("train", 42), ("validation", 9), ("test", 9),
    ]  # fmt: skip
    assert [split.classes for split in found.splits] == [(14,) * 3, (3,) * 3, (3,) * 3]


def test_only_training_rows_tell_of_the_target(tmp_path):
    """In the test rows x is y; in the others it is not."""
    path = tmp_path / "t.csv"
    rows = [
        f"{i if i >= 60 else i * 7 % 60},{i},{'test' if i >= 60 else 'train'}" for i in range(600)
    ]
    path.write_text("\n".join(["x,y,split", *rows]))
    table = Csv(csv=str(path), target="y", split_column="split")
    known = frame_of(table)
    train = load(table).features.index[split(load(table), table)[0]]
    wanted = stats.spearmanr(known["x"][train], known["y"][train]).statistic
    x = profile(table, known).columns[0]
    assert x.relation == Relation(pytest.approx(abs(wanted)), "Spearman")
    assert x.relation.value < 0.9


def test_kinds_are_those_of_the_rows_that_have_a_target(tmp_path):
    """Without the others, `n` is the same in all rows."""
    path = tmp_path / "t.csv"
    rows = [f"{0 if i < 30 else i},{i / 2},{i % 3 if i < 30 else ''}" for i in range(60)]
    path.write_text("\n".join(["n,x,y", *rows]))
    table = Csv(csv=str(path), target="y")
    kinds = {column.name: column.kind for column in profile(table, frame_of(table)).columns}
    assert kinds == {"n": "constant", "x": "numbers", "y": "numbers"}
    assert table.facts().columns == ("x",)


def test_a_target_that_can_not_be_learned_leaves_the_columns_known(table):
    path = table.csv
    with open(path, "a") as file:
        file.write("".join(f"\n1,2,word {i},{i}" for i in range(300)))
    found = profile(table.replace(target="word"), frame_of(table))
    assert "names, too many to be classes" in str(found.problem)
    assert found.facts is None
    assert [column.relation for column in found.columns] == [None] * 4
    assert found.columns[0].least == 0


def test_a_large_table_is_looked_at_by_some_rows_and_says_so(table, monkeypatch):
    monkeypatch.setattr(profiles, "MOST_ROWS", 20)
    first, again = (profile(table, frame_of(table)) for _ in range(2))
    assert (first.rows, first.looked_at) == (60, 20)
    assert first == again
    assert sum(first.columns[0].bins) == 20
    assert first.columns[1].missing == 6


def test_whoever_is_told_of_the_progress_may_stop_it(table):
    done = []

    def listen(share: float) -> None:
        done.append(share)
        if share > 0.4:
            raise Cancelled

    frame = frame_of(table)
    with pytest.raises(Cancelled), reporting(listen):
        profile(table, frame)
    assert done[-1] == max(done) > 0.4


def test_pictures_are_given_instead_of_pixels():
    digits = Shipped(name="digits")
    found = profile(digits, frame_of(digits))
    assert [column.name for column in found.columns] == [found.facts.target]
    assert [sample.name for sample in found.samples[:10]] == list("0123456789")
    assert {len(sample.pixels) for sample in found.samples} == {8}
    assert max(max(map(max, sample.pixels)) for sample in found.samples) == 1


def test_a_file_that_is_gone_is_a_sentence(table, tmp_path):
    with pytest.raises(BadInput, match="there is no file"):
        frame_of(table.replace(csv=str(tmp_path / "gone.csv")))


@pytest.mark.parametrize(
    ("kinds", "target"),
    [
        ({"a": "numbers", "Species": "words", "b": "numbers"}, "Species"),
        ({"a": "numbers", "b": "words"}, "b"),
        ({"a": "numbers", "b": "words", "id": "identifier"}, "b"),
        ({"class": "constant", "b": "words"}, "b"),
        ({"a": "names", "b": "dates"}, "b"),
        ({"label": "numbers", "y": "numbers", "z": "words"}, "label"),
    ],
)
def test_the_target_is_guessed_by_its_name_or_else_the_last_column(kinds, target):
    found, why = guessed_target(kinds)
    assert found == target
    assert f'"{target}" is ' in why
