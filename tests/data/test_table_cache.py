"""A large table is read from its file once; after that, from a cache that can't be wrong."""

import gzip
import os
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from tui_lab.data import prepare as prepare_module
from tui_lab.data import table_file, tensor_cache
from tui_lab.data.prepare import prepare
from tui_lab.data.progress import Cancelled, reporting
from tui_lab.data.table_file import read_table
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv

NAMES = ["size", "[red]\x1b[2J", "größe", "empty", "y"]


@pytest.fixture(autouse=True)
def every_table_is_large(monkeypatch):
    monkeypatch.setattr(table_file, "SMALLEST", 0)
    monkeypatch.setattr(prepare_module, "SMALLEST", 0)


@pytest.fixture
def path(tmp_path):
    rows = [(i / 7, ["a", "b\n", None][i % 3], f"ö{i}", None, i % 2) for i in range(50)]
    pd.DataFrame(rows, columns=NAMES).to_csv(tmp_path / "t.csv", index=False, sep=";", na_rep="?")
    return tmp_path / "t.csv"


def caches(home):
    return sorted((home / "cache" / "tables").glob("*"), key=lambda path: path.stat().st_mtime_ns)


def is_the_same(found, wanted):
    pd.testing.assert_frame_equal(found[0], wanted[0])
    assert found[1] == wanted[1]


def not_read(*_):
    raise AssertionError("the table's file was read")


def test_the_second_reading_gives_the_same_table_without_the_file(home, path, monkeypatch):
    first = read_table(path)
    assert first[1] == ['read with semicolons, "?" as missing']
    assert len(caches(home)) == 1
    monkeypatch.setattr(table_file, "_read", not_read)
    is_the_same(read_table(path), first)


def test_a_small_file_is_not_kept(home, path, monkeypatch):
    monkeypatch.setattr(table_file, "SMALLEST", 5_000_000)
    read_table(path)
    assert not caches(home)


def test_another_content_or_way_to_read_is_another_cache(home, path):
    read_table(path)
    read_table(path, ["size"])
    path.write_text(path.read_text().replace("ö1;", "ö;"))
    changed, _ = read_table(path)
    assert changed["größe"].iloc[1] == "ö"
    path.write_bytes(gzip.compress(path.read_bytes()))
    pd.testing.assert_frame_equal(read_table(path)[0], changed)
    assert len(caches(home)) == 4


def test_it_is_a_safetensors_file(home, path):
    frame, _ = read_table(path)
    with safe_open(caches(home)[0], "np") as file:
        np.testing.assert_array_equal(file.get_tensor("0"), frame["size"])


@given(st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_cache_is_read_anew(home, path, data):
    wanted = read_table(path)
    (cache,) = caches(home)
    content = bytearray(cache.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(1, 3))] = data.draw(st.binary(max_size=4))
    cache.write_bytes(content)
    is_the_same(read_table(path), wanted)


@pytest.mark.parametrize("instead", ["nothing", "a folder", "a pipe", "no home"])
def test_what_stands_in_a_cache_s_place_does_not_matter(home, path, instead):
    wanted = read_table(path)
    (cache,) = caches(home)
    cache.unlink()
    if instead == "a folder":
        (cache / "x").mkdir(parents=True)
    elif instead == "a pipe":
        os.mkfifo(cache)
    elif instead == "no home":
        cache.parent.rmdir()
        cache.parent.write_text("")
    is_the_same(read_table(path), wanted)
    is_the_same(read_table(path), wanted)


def test_a_file_that_changes_before_it_is_read_is_not_kept_under_its_old_digest(
    home, path, monkeypatch
):
    real = table_file._read

    def late(*given):
        path.write_text("a;y\n1;2\n")
        return real(*given)

    monkeypatch.setattr(table_file, "_read", late)
    read_table(path)
    assert not caches(home)


def test_those_not_used_for_longest_go(home, path, monkeypatch):
    monkeypatch.setattr(tensor_cache, "MOST_FILES", 3)
    tables = [path.with_name(f"{i}.csv") for i in range(5)]
    kept = []
    for i, one in enumerate(tables):
        one.write_text(path.read_text() + f"{i};a;b;;1\n")
        read_table(one)
        kept.append(caches(home)[-1])
        os.utime(kept[-1], ns=(time.time_ns(), time.time_ns() - 10**12 * (9 - i)))
        read_table(tables[0])  # which makes it the newest again
    assert set(caches(home)) == {kept[0], kept[3], kept[4]}
    monkeypatch.setattr(tensor_cache, "MOST_BYTES", kept[0].stat().st_size * 3 // 2)
    read_table(path)
    assert len(caches(home)) == 1


def test_reading_a_cache_can_be_stopped(path):
    read_table(path)

    def stop(_: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled), reporting(stop):
        read_table(path)


SETTINGS = [
    {"target": "y"}, {"target": "size", "missing": "mean"}, {"target": "size", "scale": False},
    {"target": "y", "columns": ["size", "größe"], "rare": 1, "seed": 3, "test": "more.csv"},
]  # fmt: skip


def dataset(path, settings):
    changes = {name: str(path.with_name("more.csv")) for name in {"test"} & set(settings)}
    return Csv(csv=str(path), **settings | changes)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_was_prepared_is_the_same_bit_for_bit_without_the_file(path, monkeypatch, settings):
    path.with_name("more.csv").write_text(path.read_text())
    first = prepare(dataset(path, settings))
    monkeypatch.setattr(prepare_module, "_prepare", not_read)
    again = prepare(dataset(path, settings | {"batch_size": 7, "shuffle": False}))
    assert again.facts == first.facts
    assert again.saved == first.saved
    for name in ("train", "validation", "test"):
        for part in ("x", "y", "rows"):
            found, wanted = (getattr(getattr(data, name), part) for data in (again, first))
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("change", [{"seed": 1}, {"missing": "mean"}, {"scale": False}])
def test_other_settings_are_prepared_anew(home, path, change):
    one, other = (Csv(csv=str(path), **{"target": "y"} | more) for more in ({}, change))
    prepare(one)
    found = prepare(other)
    np.testing.assert_array_equal(found.train.x, prepare_module._prepare(other).train.x)
    assert len(caches(home)) == 3


def test_a_changed_file_is_prepared_anew_and_refused_by_a_run(path):
    table = Csv(csv=str(path), target="y").sealed()
    prepare(table)
    path.write_text(path.read_text() + "1;a;b;;1\n")
    assert prepare(table.replace(sha256=None)).facts.rows == 51
    with pytest.raises(BadInput, match="has changed since this was made"):
        prepare(table)
