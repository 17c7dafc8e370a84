"""The rows, splits and numbers of a script are those of a training, bit for bit."""

import gzip
import re
from pathlib import Path

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
from tui_lab.experiment.pictures import Pictures
from tui_lab.formula import is_formula
from tui_lab.script import data, splitting
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
    parts = [data.reading(whole), splitting.splitting(whole), data.scaling(whole)]
    lines = ["from pathlib import Path", *data.bare_function(whole)]
    lines += splitting.split_function(whole)
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


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_pictures_of_ones_own_are_the_same(kind, tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (40, 3, 4, 5)) / (1 if kind == np.uint8 else 255)
    np.savez(tmp_path / "own.npz", x=x.astype(kind), y=np.arange(40) % 3)
    assert_the_same(Pictures(pictures=str(tmp_path / "own.npz")), tmp_path)


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(lambda s: sum(s) > 20),
    shares=st.tuples(*[st.floats(0.2, 0.8)] * 3),
    seed=st.integers(0, 2**63 - 1),
)
def test_the_split_function_gives_the_rows_of_the_training(sizes, shares, seed):
    shares = tuple(share / sum(shares) for share in shares)
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    text = splitting.SPLIT
    if min(size for size in sizes if size) * shares[0] + 1e-9 < 1:
        text = text.replace(splitting.PLAIN, splitting.TRAIN_FIRST)
        assert text != splitting.SPLIT
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


def people(folder, name: str = "own.csv", start: int = 0, rows: int = 60) -> str:
    """Numbers, dates, rare words, holes, and a column that says which split a row is in."""
    random = np.random.default_rng(start)
    count = np.arange(start, start + rows)
    frame = pd.DataFrame({
        "id": count,
        "born": [f"2001-02-{i % 28 + 1:02}" for i in count],
        "size": np.where(random.random(rows) < 0.3, np.nan, random.integers(0, 4, rows)),
        "town": random.choice(["Rome", "Oslo", "Lima", None], rows),
        "job": [f"job {i}" if i % 9 == 0 else ["smith", "baker"][i % 2] for i in count],
        "flag": random.random(rows) < 0.5,
        "age": random.normal(40, 9, rows),
        "set": random.choice(["Train", "Val", "dev", "test"], rows, p=[0.6, 0.1, 0.1, 0.2]),
        "y": random.choice(["no", "yes"], rows),
    })  # fmt: skip
    frame.to_csv(folder / name, index=False)
    return str(folder / name)


SETTINGS = [
    {}, {"missing": "mean"}, {"missing": "most_frequent"}, {"missing": "drop"},
    {"missing": "drop", "scale": False}, {"stratify": False}, {"rare": 1}, {"rare": 30},
    {"columns": ["age", "job", "flag"]}, {"columns": ["born", "town"], "rare": 1},
    {"target": "age"}, {"target": "age", "missing": "drop", "columns": ["town", "size"]},
    {"target": "id", "task": "regression", "missing": "mean"},
    {"target": "size", "task": "classification"}, {"target": "size", "task": "regression"},
    {"split_column": "set"}, {"split_column": "set", "missing": "drop"},
    {"split_column": "set", "target": "age", "shuffle": False},
    {"split_column": "set", "stratify": False}, {"validation": "more.csv"}, {"test": "more.csv"},
    {"validation": "more.csv", "test": "rest.csv", "rare": 1},
    {"test": "more.csv", "missing": "drop", "stratify": False},
    {"validation": "more.csv", "target": "age", "missing": "most_frequent"},
]  # fmt: skip


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_every_setting_of_a_table_is_the_same(tmp_path, changes):
    files = {"csv": people(tmp_path), "target": "y"} | changes
    for at, name in enumerate(("validation", "test")):
        if name in files:
            files[name] = people(tmp_path, files[name], 1000 * (at + 1), 20)
    dataset = Csv(**files)
    assert_the_same(dataset, tmp_path)
    in_one_file = not (dataset.validation or dataset.test)
    assert source_of(dataset)[0].file == (dataset.csv if in_one_file else None)


@pytest.mark.parametrize("marked", [["train", "test"], ["train", "VALID"], ["training"]])
def test_the_rows_that_no_mark_holds_are_shared_out_as_in_training(tmp_path, marked):
    frame = pd.DataFrame({"x": np.arange(50.0) ** 2, "y": np.arange(50) % 3})
    frame["part"] = [marked[i % len(marked)] for i in range(50)]
    frame.to_csv(tmp_path / "own.csv", index=False)
    dataset = Csv(csv=str(tmp_path / "own.csv"), target="y", split_column="part")
    assert_the_same(dataset, tmp_path)
    assert_the_same(dataset.replace(target="x"), tmp_path)


def test_no_row_beside_a_script_is_a_formula_for_a_spreadsheet(tmp_path):
    words = ["=1+1", "+x", "-y", "@z", "'=1+1", "plain", "-5", ""]
    frame = pd.DataFrame({"=a": [words[i % 8] for i in range(80)], "'b": np.arange(80) - 40.5})
    frame["@y"] = [words[i % 7] for i in range(80)]
    for name in ("own.csv", "more.csv"):
        frame.to_csv(tmp_path / name, index=False)
    own, more = (str(tmp_path / name) for name in ("own.csv", "more.csv"))
    dataset = Csv(csv=own, target="@y", test=more)
    assert_the_same(dataset, tmp_path)
    source, rows = source_of(dataset)
    assert source.guarded
    cells = [cell for line in rows.decode().splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if is_formula(cell)]
    assert {"-40.5", "'=1+1", "''=1+1", "plain"} <= set(cells)


def test_pictures_whose_folders_are_the_splits_are_the_same(tmp_path):
    random = np.random.default_rng(3)
    arrays = {
        f"x_{part}": random.integers(0, 256, (30, 4, 4), np.uint8) for part in ("train", "test")
    }
    labels = {f"y_{part}": np.arange(30) % 3 for part in ("train", "test")}
    np.savez(tmp_path / "own.npz", **arrays, **labels)
    assert_the_same(Pictures(pictures=str(tmp_path / "own.npz")), tmp_path)


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


@pytest.mark.parametrize(
    ("name", "packed", "arguments"),
    [
        ("own.csv.gz", True, {}),
        ("own.csv", True, {"compression": "gzip"}),
        ("own.csv.GZ", False, {"compression": None}),
        ("own.zip", False, {"compression": None}),
    ],
)
def test_a_file_is_unpacked_if_it_is_packed_whatever_its_name(tmp_path, name, packed, arguments):
    content = Path(table(tmp_path, "x;y", "{i},5;{c}").csv).read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    dataset = Csv(csv=str(tmp_path / name), target="y")
    source, rows = source_of(dataset)
    assert (source.file, rows) == (dataset.csv, b"")
    assert source.reading == {"sep": ";", "decimal": ","} | arguments
    assert_the_same(dataset, tmp_path)


def test_the_rows_of_a_parquet_file_lie_beside_the_script(tmp_path):
    frame = pd.read_csv(people(tmp_path))
    frame.to_parquet(tmp_path / "own.parquet")
    dataset = Csv(csv=str(tmp_path / "own.parquet"), target="y")
    assert source_of(dataset)[0].file is None
    assert_the_same(dataset, tmp_path)


def test_a_column_may_be_called_self(tmp_path):
    frame = pd.DataFrame({"x": ["=1", "b"] * 20, "self": ["yes", "no"] * 20, "z": np.arange(40)})
    for target in ("self", "x"):
        frame.to_parquet(tmp_path / "own.parquet")
        assert_the_same(Csv(csv=str(tmp_path / "own.parquet"), target=target), tmp_path)


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
    parts = [data.reading(whole), splitting.splitting(whole), data.scaling(whole)]
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
