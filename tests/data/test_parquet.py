"""A Parquet file gives the table that the same rows give as CSV, or one sentence."""

import contextlib
import datetime
import subprocess
import sys
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tui_lab.data import open_file
from tui_lab.data.prepare import prepare
from tui_lab.data.table_file import read_table
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv

DAY = datetime.date(2020, 1, 2)


def rows(count=60):
    random = np.random.default_rng(1)
    return pd.DataFrame({
        "whole": np.arange(count) ** 2,
        "part": np.where(random.random(count) < 0.3, np.nan, random.normal(size=count)),
        "word": random.choice(["red", "blue", None, "?"], count),
        "flag": random.random(count) < 0.5,
        "day": [DAY] * count,
        "y": random.choice(["a", "b"], count),
    })  # fmt: skip


def written(path, **columns):
    parquet.write_table(pa.table(columns), path)
    return path


def test_it_is_the_table_that_the_same_rows_give_as_csv(tmp_path):
    """By its content: the name doesn't matter."""
    rows().to_parquet(tmp_path / "a.csv")
    rows().to_csv(tmp_path / "b.csv", index=False)
    one, other = (Csv(csv=str(tmp_path / name), target="y") for name in ("a.csv", "b.csv"))
    assert one.facts().columns == other.facts().columns
    found, wanted = prepare(one), prepare(other)
    for name in ("train", "validation", "test"):
        for part in ("x", "y", "rows"):
            np.testing.assert_array_equal(
                getattr(getattr(found, name), part), getattr(getattr(wanted, name), part)
            )


def test_every_usual_kind_of_column_is_numbers_or_text(tmp_path):
    path = written(
        tmp_path / "t.parquet",
        whole=pa.array([1, None, 3]), byte=pa.array([1, 2, 3], pa.uint8()),
        half=pa.array(np.array([1, 2, 3], np.float16)), decimal=[Decimal("1.5"), None, Decimal(2)],
        text=["a ", None, "NA"], words=pa.array(["x", "y", None]).dictionary_encode(),
        flag=[True, None, False], day=[DAY, None, DAY],
        time=[datetime.datetime(2020, 1, 2), None, None], nothing=pa.nulls(3),
    )  # fmt: skip
    frame, notes = read_table(path)
    assert notes == []
    found = {name: column.dropna().tolist() for name, column in frame.items()}
    assert found == {
        "whole": [1, 3], "byte": [1, 2, 3], "half": [1, 2, 3], "decimal": [1.5, 2],
        "text": ["a"], "words": ["x", "y"], "flag": ["true", "false"],
        "day": ["2020-01-02"] * 2, "time": ["2020-01-02 00:00:00"], "nothing": [],
    }  # fmt: skip
    assert list(frame.index) == [1, 2, 3]


def test_columns_that_are_neither_numbers_nor_text_are_left_out_with_a_note(tmp_path):
    frame, notes = read_table(written(tmp_path / "t", x=[1, 2], deep=[[1], [2]], raw=[b"a", b"\0"]))
    assert list(frame.columns) == ["x"]
    assert notes == [
        'left out, being neither numbers nor text: "deep" (list<element: int64>), "raw" (binary)'
    ]


def test_new_rows_have_the_kinds_that_they_are_asked_for(tmp_path):
    path = written(tmp_path / "t", size=["1.5", " 2 ", "?"], code=[1.0, None, 3.0])
    frame, _ = read_table(path, ["size"])
    assert frame["size"].dropna().tolist() == [1.5, 2]
    assert frame["code"].dropna().tolist() == ["1", "3"]
    with pytest.raises(BadInput, match=r't:2: column "x" holds "b" here, but numbers'):
        read_table(written(tmp_path / "t", x=["1", "b"]), ["x"])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"x": pa.array([], pa.int64())}, "holds no rows"),
        ({"": [1]}, "column 1 has no name"),
        ({"x": [1.0, float("inf")]}, ':2: column "x" holds an infinite number'),
        ({"x\x1b[2J": [1e39]}, 'column "x\\x1b[2J" holds 1e+39'),
        ({f"c{i}": [1] for i in range(10_001)}, "has 10,001 columns"),
    ],
)
def test_what_is_not_a_table_is_told(tmp_path, columns, said):
    with pytest.raises(BadInput) as caught:
        read_table(written(tmp_path / "t.parquet", **columns))
    assert said in str(caught.value)


def test_a_table_that_unpacks_to_more_than_there_is_memory_is_refused_unread(tmp_path, monkeypatch):
    path = written(tmp_path / "t", x=pa.array(np.zeros(200_000, np.int8)))
    assert path.stat().st_size < 2000
    free = SimpleNamespace(available=10**6)
    monkeypatch.setattr(open_file.psutil, "virtual_memory", lambda: free)
    with pytest.raises(BadInput, match=r"needs about 0\.0 GB of memory, but only"):
        read_table(path)


def test_without_pyarrow_it_is_told_how_to_get_it(tmp_path):
    rows().to_parquet(tmp_path / "t.parquet")
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from tui_lab.data.table_file import read_table\n"
        "try: read_table(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)"
    )
    given = [sys.executable, "-c", code, str(tmp_path / "t.parquet")]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    assert "which needs pyarrow: pip install 'tui-lab[parquet]'" in done.stdout


def test_text_is_the_same_text_whether_pyarrow_is_there_or_not(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\nx,1\ny,2\n")
    assert read_table(tmp_path / "t.csv")[0]["a"].dtype.storage == "python"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    rows(20).to_parquet(path)
    return path.read_bytes(), path


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_file_is_a_table_or_told(good, data):
    content, path = bytearray(good[0]), good[1]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(4, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path.write_bytes(content)
    with contextlib.suppress(BadInput):
        read_table(path)
