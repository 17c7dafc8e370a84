"""The rows, splits and numbers of a script are those of a training, bit for bit."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.data.prepare import prepare
from tui_lab.data.split import split_rows
from tui_lab.errors import BadInput
from tui_lab.experiment.catalogue import all_datasets
from tui_lab.experiment.dataset import Csv, Dataset, Shipped
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.generated import Moons, Sine, Spirals
from tui_lab.script import data
from tui_lab.script.plan import Plan, plan
from tui_lab.script.reading import source_of


def planned(dataset: Dataset) -> tuple[Plan, bytes]:
    source, rows = source_of(dataset)
    return plan(Experiment(dataset=dataset), dataset.facts(), source), rows


def executed(dataset: Dataset, folder) -> dict:
    """What the names of the script stand for after its first part."""
    whole, rows = planned(dataset)
    (folder / "script.rows.csv").write_bytes(rows)
    names = {"np": np, "pd": pd, "torch": torch, "__file__": str(folder / "script.py")}
    parts = [data.reading(whole), data.splitting(whole), data.scaling(whole)]
    lines = ["from pathlib import Path", *data.split_function(whole)]
    exec("\n".join([*lines, *(line for part in parts for line in part)]), names)
    return names


def assert_the_same(dataset: Dataset, folder) -> None:
    found, wanted = executed(dataset, folder), prepare(dataset)
    for name in ("train", "validation", "test"):
        split = getattr(wanted, name)
        assert found[name].tolist() == split.rows.tolist()
        x = found["x"][found[name]]
        assert torch.equal(x.flatten(1), torch.from_numpy(split.x))
        assert torch.equal(found["y"][found[name]], torch.from_numpy(split.y))


@pytest.mark.parametrize("dataset", all_datasets(), ids=lambda dataset: dataset.name)
@pytest.mark.parametrize("scale", [True, False], ids=["scaled", "as it is"])
def test_every_dataset_is_the_same(dataset, scale, tmp_path):
    assert_the_same(dataset.replace(scale=scale), tmp_path)


@pytest.mark.parametrize(
    "dataset",
    [
        Moons(name="moons", rows=11, split=(0.4, 0.3, 0.3), seed=2**62),
        Spirals(name="spirals", arms=5, rows=333, split=(0.8, 0.1, 0.1), seed=7),
        Sine(name="sine", rows=10, split=(0.2, 0.4, 0.4), seed=1),
        Shipped(name="breast_cancer", split=(0.34, 0.33, 0.33), seed=5),
    ],
    ids=str,
)
def test_shares_and_seeds_are_the_same(dataset, tmp_path):
    assert_the_same(dataset, tmp_path)


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(lambda s: sum(s) > 20),
    shares=st.tuples(*[st.floats(0.2, 0.8)] * 3),
    seed=st.integers(0, 2**63 - 1),
)
def test_the_split_function_gives_the_rows_of_the_training(sizes, shares, seed):
    shares = tuple(share / sum(shares) for share in shares)
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    text = data.SPLIT
    if min(size for size in sizes if size) * shares[0] + 1e-9 < 1:
        text = text.replace(data.PLAIN, data.TRAIN_FIRST)
        assert text != data.SPLIT
    names = {"np": np}
    exec(text, names)
    found = names["split"](groups, np.array(shares), seed)
    for ours, theirs in zip(found, split_rows(groups, shares, seed), strict=True):
        assert ours.tolist() == theirs.tolist()


ROWS = 40


def odd_table(random: np.random.Generator, target: str) -> pd.DataFrame:
    """Numbers, texts, booleans, holes, and columns that are constant, empty or names."""
    kinds = {
        "number": random.normal(5, 3, ROWS),
        "holes": np.where(random.random(ROWS) < 0.4, np.nan, random.normal(size=ROWS)),
        "rare": np.where(random.random(ROWS) < 0.9, np.nan, 1.5),
        "mostly one": np.where(random.random(ROWS) < 0.05, 2.0, 1.0),
        "text": random.choice(["red", "Green", "blue ", "None", "é"], ROWS),
        "flag": random.random(ROWS) < 0.5,
        "empty": np.full(ROWS, np.nan),
        "constant": np.ones(ROWS),
        "name": [f"name {i}" for i in range(ROWS)],
    }
    chosen = ["number", *random.permutation([*kinds][1:])[: random.integers(0, 8)]]
    frame = pd.DataFrame({name: kinds[name] for name in chosen})
    if "text" in frame:
        frame.loc[random.random(ROWS) < 0.2, "text"] = None
    targets = {
        "numbers": np.where(random.random(ROWS) < 0.1, np.nan, random.normal(size=ROWS)),
        "words": random.choice(["yes", "no", "?"], ROWS),
        "digits": random.integers(0, 3, ROWS),
        "flags": random.random(ROWS) < 0.5,
    }
    return frame.assign(y=targets[target])


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    target=st.sampled_from(["numbers", "words", "digits", "flags"]),
    scale=st.booleans(),
    written=st.sampled_from(
        [{}, {"sep": ";"}, {"sep": ";", "decimal": ","}, {"na_rep": "?"}, {"sep": "\t"},
         {"na_rep": "n/a", "encoding": "cp1252"}, {"encoding": "utf-16", "sep": "|"}]
    ),
)  # fmt: skip
def test_any_table_is_the_same(tmp_path_factory, seed, target, scale, written):
    folder = tmp_path_factory.mktemp("table")
    frame = odd_table(np.random.default_rng(seed), target)
    frame.to_csv(folder / "own.csv", index=False, **written)
    dataset = Csv(csv=str(folder / "own.csv"), target="y", scale=scale, seed=seed)
    assert_the_same(dataset, folder)


def table(folder, header: str, row: str, text: str = "", encoding: str = "utf-8") -> Csv:
    """Forty rows; `{i}` in a row is its number, `{c}` its class."""
    lines = [row.format(i=i, c="ab"[i % 2]) for i in range(40)]
    path = folder / "own.csv"
    path.write_bytes("\n".join([header, *lines, text]).encode(encoding))
    return Csv(csv=str(path), target="y")


@pytest.mark.parametrize(
    ("header", "row", "more", "arguments"),
    [
        ("x,y", "{i},{c}", "", {}),
        ("x;y", "{i};{c}", "", {"sep": ";"}),
        ("x;y", "{i},5;{c}", "", {"sep": ";", "decimal": ","}),
        ("x,y", "{i},{c}", "?,a", {"na_values": ["?"]}),
        ("x, y", "{i}, {c}", "", {"skipinitialspace": True}),
        ("x,z,y", "{i},None,{c}", "1,red,a", {"keep_default_na": False}),
        ("x,z,y", "{i},None,{c}", "NA,red,a", {"keep_default_na": False, "na_values": ["NA"]}),
    ],
)
def test_a_file_is_read_with_as_few_arguments_as_will_do(
    tmp_path, header, row, more, arguments
):  # fmt: skip
    dataset = table(tmp_path, header, row, more)
    source, rows = source_of(dataset)
    assert (source.file, source.reading, rows) == (dataset.csv, arguments, b"")
    assert_the_same(dataset, tmp_path)


def test_a_file_of_windows_is_read_in_its_encoding(tmp_path):
    dataset = table(tmp_path, "größe,y", "{i},{c}", encoding="cp1252")
    assert source_of(dataset)[0].reading == {"encoding": "cp1252"}
    assert_the_same(dataset, tmp_path)


def test_rows_of_a_file_that_pandas_alone_misreads_lie_beside_the_script(tmp_path):
    dataset = table(tmp_path, "x,z,y", "{i} ,{c}ed ,{c}", "3, aed,a")
    source, rows = source_of(dataset)
    assert source.file is None
    assert rows.decode().splitlines()[1] == "0,aed,a"
    assert_the_same(dataset, tmp_path)


def test_all_digits_of_the_rows_are_kept(tmp_path):
    dataset = Moons(name="moons", rows=20)
    _, rows = source_of(dataset)
    first = dataset.points()[0][0]
    assert rows.decode().splitlines()[:2] == ["x1,x2,class", f"{first[0]!r},{first[1]!r},0"]


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (Shipped(name="iris"), "factorize split mean"),
        (Shipped(name="iris", scale=False), "factorize split"),
        (Shipped(name="diabetes"), "random target_mean mean"),
        (Shipped(name="breast_cancer"), "classes.index split mean"),
    ],
    ids=str,
)
def test_a_script_holds_only_what_its_data_needs(dataset, words):
    whole, _ = planned(dataset)
    parts = [data.reading(whole), data.splitting(whole), data.scaling(whole)]
    text = "\n".join(line for part in parts for line in part)
    all_words = {
        "factorize", "classes.index", "split(y", "random", "target_mean", "mean,", "nanmedian",
        "dropna", "columns=[", "get_dummies", "np.inf", "reshape", "or 1.0", "na_values",
    }  # fmt: skip
    named = {"split": "split(y", "mean": "mean,"}
    wanted = {named.get(word, word) for word in words.split()}
    assert {word for word in all_words if word in text} == wanted


def test_a_column_that_is_learned_from_twice_is_refused_as_in_training(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("x,x,y\n1,2,3\n")
    with pytest.raises(BadInput, match=re.escape('2 columns are named "x"')):
        source_of(Csv(csv=str(path), target="y"))
