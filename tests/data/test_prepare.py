"""Three splits that share all rows, and nothing learned from validation and test."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.data import open_file
from tui_lab.data.prepare import prepare
from tui_lab.data.split import split_rows
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv
from tui_lab.experiment.generated import Moons, Sine

SHARES = st.tuples(st.floats(0.2, 0.8), st.floats(0.2, 0.8), st.floats(0.2, 0.8)).map(
    lambda parts: tuple(part / sum(parts) for part in parts)
)
GROUPS = st.lists(st.integers(1, 60), min_size=1, max_size=8).filter(lambda sizes: sum(sizes) > 20)


@given(sizes=GROUPS, shares=SHARES, seed=st.integers(0, 2**63 - 1))
def test_splits_are_disjoint_complete_and_in_proportion(sizes, shares, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    parts = split_rows(groups, shares, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    for group, size in enumerate(sizes):
        counts = [np.count_nonzero(groups[part] == group) for part in parts]
        assert counts[0] >= 1
        assert all(abs(n - size * p) <= 1 for n, p in zip(counts, shares, strict=True))
    for part, share in zip(parts, shares, strict=True):
        assert abs(len(part) - len(groups) * share) <= len(sizes)


def test_many_small_classes_still_share_all_rows_out_in_proportion():
    groups = np.repeat(np.arange(50), 4)
    sizes = [len(part) for part in split_rows(groups, (0.7, 0.15, 0.15), 0)]
    assert sizes == pytest.approx([140, 30, 30], abs=2)


@given(sizes=GROUPS, seed=st.integers(0, 2**63 - 1))
def test_the_same_seed_gives_the_same_split_and_another_seed_another(sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    first, second = (split_rows(groups, (0.6, 0.2, 0.2), seed) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    others = [split_rows(groups, (0.6, 0.2, 0.2), other)[0] for other in range(3)]
    assert len({tuple(rows) for rows in others}) > 1


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [([10], (0.98, 0.01, 0.01)), ([10], (0.1, 0.45, 0.45)), ([5, 5], (0.01, 0.01, 0.98))],
)
def test_too_few_rows_for_three_splits_are_told(sizes, shares):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    with pytest.raises(BadInput, match="rows are too few for splits of"):
        split_rows(groups, shares, 0)


ROWS = 40


def frame_of(random):
    """Numbers, texts, booleans and missing values, and what of them is constant or empty."""
    frame = pd.DataFrame(
        {
            "number": random.normal(5, 3, ROWS).round(3),
            "holes": np.where(random.random(ROWS) < 0.3, np.nan, random.normal(size=ROWS)),
            "text": random.choice(["red", "green", "blue"], ROWS),
            "flag": random.random(ROWS) < 0.5,
            "y": np.arange(ROWS) / 7,
        }
    )
    frame.loc[random.random(ROWS) < 0.2, "text"] = None
    return frame


def prepared(path, frame, **settings):
    frame.to_csv(path, index=False)
    return prepare(Csv(csv=str(path), target="y", **settings))


@given(seed=st.integers(0, 10**6), factor=st.floats(-1e6, 1e6))
def test_validation_and_test_rows_never_change_what_is_learned(tmp_path_factory, seed, factor):
    path, random = tmp_path_factory.mktemp("data") / "t.csv", np.random.default_rng(seed)
    frame = frame_of(random)
    before = prepared(path, frame, seed=seed)
    held = np.concatenate([before.validation.rows, before.test.rows])
    changed = frame.copy()
    changed.loc[held, "number"] *= factor
    changed.loc[held, "holes"] = factor
    changed.loc[held, "y"] += factor
    changed.loc[held, "text"] = random.permutation(changed.loc[held, "text"])
    after = prepared(path, changed, seed=seed)
    assert np.array_equal(before.train.x, after.train.x)
    assert np.array_equal(before.train.y, after.train.y)
    for name, value in vars(before.preparation).items():
        assert np.array_equal(value, getattr(after.preparation, name))


def test_training_columns_have_mean_0_and_deviation_1(tmp_path):
    data = prepared(tmp_path / "t.csv", frame_of(np.random.default_rng(1)))
    assert data.train.x.dtype == data.train.y.dtype == np.float32
    assert data.train.x.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert data.train.x.std(axis=0) == pytest.approx(1, rel=1e-5)
    assert data.train.y.mean() == pytest.approx(0, abs=1e-6)
    fitted = data.preparation
    original = np.arange(ROWS)[data.test.rows] / 7
    restored = data.test.y * fitted.target_deviation + fitted.target_mean
    assert restored == pytest.approx(original, rel=1e-5)


def test_without_scaling_the_numbers_stay_and_only_holes_are_filled(tmp_path):
    frame = frame_of(np.random.default_rng(1))
    data = prepared(tmp_path / "t.csv", frame, scale=False)
    assert data.train.x[:, 0] == pytest.approx(frame["number"].to_numpy()[data.train.rows])
    assert data.train.y == pytest.approx(frame["y"].to_numpy()[data.train.rows])
    holes = frame["holes"].to_numpy()[data.train.rows]
    expected = np.where(np.isnan(holes), np.nanmedian(holes), holes)
    assert data.train.x[:, 1] == pytest.approx(expected)


def test_a_text_becomes_one_column_a_word_and_a_missing_text_is_none_of_them(tmp_path):
    frame = frame_of(np.random.default_rng(1))
    data = prepared(tmp_path / "t.csv", frame, scale=False)
    assert data.facts.columns == (
        "number", "holes", "text=blue", "text=green", "text=red", "flag=false", "flag=true",
    )  # fmt: skip
    words = frame["text"].to_numpy()[data.test.rows]
    expected = [[word == known for known in ("blue", "green", "red")] for word in words]
    assert data.test.x[:, 2:5].tolist() == expected


def held_out(path, frame):
    """The rows of the test split, which depend on the seed and the target alone."""
    return prepared(path, frame).test.rows


@pytest.mark.parametrize("value", [1e6, None])
def test_a_column_that_is_constant_in_training_stays_0(tmp_path, value):
    """The network can't learn what such a column means, so it must not disturb the test."""
    frame, path = frame_of(np.random.default_rng(1)), tmp_path / "t.csv"
    test = held_out(path, frame)
    frame["number"] = value
    frame.loc[test, "number"] = np.arange(len(test)) * 1e3
    data = prepared(path, frame)
    for split in (data.train, data.validation, data.test):
        assert (split.x[:, 0] == 0).all()
        assert np.isfinite(split.x).all()


def test_a_word_that_only_the_test_rows_hold_is_harmless(tmp_path):
    frame, path = frame_of(np.random.default_rng(1)), tmp_path / "t.csv"
    frame.loc[held_out(path, frame), "text"] = "new"
    data = prepared(path, frame)
    at = data.facts.columns.index("text=new")
    assert (data.train.x[:, at] == 0).all()
    assert np.isfinite(data.test.x).all()


def test_equal_rows_are_fine(tmp_path):
    frame = pd.concat([frame_of(np.random.default_rng(1))] * 3, ignore_index=True)
    data = prepared(tmp_path / "t.csv", frame)
    rows = np.concatenate([data.train.rows, data.validation.rows, data.test.rows])
    assert sorted(rows) == list(range(3 * ROWS))


def test_huge_and_tiny_numbers_stay_finite(tmp_path):
    frame = frame_of(np.random.default_rng(1))
    frame["number"] = np.linspace(-3.4e38, 3.4e38, ROWS)
    frame["holes"] = np.linspace(0, 1e-300, ROWS)
    frame["y"] = np.linspace(-1e38, 1e38, ROWS)
    data = prepared(tmp_path / "t.csv", frame)
    assert np.abs(data.test.x).max() < 10
    assert np.abs(data.test.y).max() < 10


def test_a_table_that_would_not_fit_is_refused_with_what_it_needs(monkeypatch):
    class Memory:
        available = 10_000

    monkeypatch.setattr(open_file.psutil, "virtual_memory", Memory)
    with pytest.raises(BadInput, match=r"needs about .* GB of memory, but only 0.0 GB are free"):
        prepare(Moons(name="moons"))


def test_the_order_of_the_training_rows_is_mixed():
    """Without shuffling, batches of one class after another would teach badly."""
    y = prepare(Moons(name="moons", shuffle=False)).train.y
    assert 200 < np.count_nonzero(y[1:] != y[:-1]) < 500


def test_a_shorter_split_takes_no_more_than_its_share():
    data = prepare(Sine(name="sine", rows=10, split=(0.8, 0.1, 0.1)))
    assert [len(part.y) for part in (data.train, data.validation, data.test)] == [8, 1, 1]
