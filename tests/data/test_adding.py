"""Datasets under names of their own: a copy that is complete or not there, and used everywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_pictures import folder_of, mnist_like

from tui_lab.data.adding import add, remove, sweep
from tui_lab.data.prepare import prepare
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.added import FILE, added_names, name_for
from tui_lab.experiment.catalogue import all_datasets, entries
from tui_lab.experiment.dataset import Csv, shipped_folder
from tui_lab.experiment.experiment import Experiment, json_schema
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.presets import load_preset, written
from tui_lab.home import added_datasets


def table(folder: Path, name: str = "mine.csv") -> Csv:
    rows = "".join(f"{i * 7 % 41},{i % 5},{'ab'[i % 2]}\n" for i in range(40))
    (folder / name).write_text(f"size,age,kind\n{rows}")
    return Csv(csv=str(folder / name), target="kind")


def named(name: str, **settings):
    return Experiment.model_validate({"dataset": {"name": name, **settings}}).dataset


def refused(dataset, name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        add(dataset, name)
    assert not list(added_datasets().glob("*")) or name not in added_names()


def test_what_is_added_stays_when_the_file_is_gone(tmp_path):
    dataset = table(tmp_path)
    before = load(dataset)
    add(dataset, "mine")
    Path(dataset.csv).unlink()
    after = load(named("mine"))
    assert after.features.equals(before.features)
    assert after.facts.name == "mine"
    assert len(prepare(named("mine", split=[0.5, 0.25, 0.25])).train.y) == 20


def test_its_name_is_in_lists_presets_and_the_schema(tmp_path):
    add(table(tmp_path), "mine")
    entry = next(entry for entry in entries()[0] if entry.name == "mine")
    assert (entry.kind, entry.task, entry.rows, entry.features, entry.classes) == (
        "added", "classification", 40, 2, 2,
    )  # fmt: skip
    assert entry.dataset == named("mine")
    assert "'mine'" in str(json_schema())
    (tmp_path / "p.yaml").write_text("dataset: {name: mine, batch_size: 8}\n")
    experiment = load_preset(tmp_path / "p.yaml")
    assert written(experiment) == "dataset: {name: mine, batch_size: 8}\n"
    other = load_preset("iris", ("dataset.name=mine", "dataset.batch_size=4"))
    assert other.dataset == named("mine", batch_size=4)
    back = load_preset(tmp_path / "p.yaml", ("dataset.name=iris",))
    assert dict(back.dataset.model_dump(exclude_defaults=True)) == {"name": "iris", "batch_size": 8}
    with pytest.raises(BadInput, match='no dataset "mien"; did you mean "mine"'):
        load_preset("iris", ("dataset.name=mien",))
    with pytest.raises(BadInput, match='unknown key "arms"'):
        load_preset("iris", ("dataset.name=mine", "dataset.arms=3"))


def test_its_settings_can_be_changed_and_are_written(tmp_path):
    add(table(tmp_path), "mine")
    changed = Experiment(dataset=named("mine", target="size", missing="mean"))
    assert written(changed) == "dataset: {name: mine, target: size, missing: mean}\n"


@pytest.mark.parametrize("make", [folder_of, mnist_like])
def test_pictures_are_kept_with_all_their_files(tmp_path, make):
    (tmp_path / "set").mkdir()
    dataset = Pictures(pictures=str(make(tmp_path / "set")), class_names=None)
    before = load(dataset)
    add(dataset, "pets")
    shutil.rmtree(tmp_path / "set")
    after = load(named("pets"))
    assert np.array_equal(after.features, before.features)
    assert (after.y == before.y).all()
    assert (after.facts.name, after.facts.picture) == ("pets", (1, 4, 5))


def test_a_copy_that_was_changed_is_noticed(tmp_path):
    add(table(tmp_path), "mine")
    with (added_datasets() / "mine" / "mine.csv").open("a") as file:
        file.write("1,2,a\n")
    with pytest.raises(BadInput, match="has changed since this was made"):
        load(named("mine"))


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/b", "/etc", "-x", "_x", ".x", "", "con", "com1", "A", "ü", "a b",
             "x" * 300, "a\0b", "\x1b[2J", "nul"],
)  # fmt: skip
def test_hostile_names_are_refused(tmp_path, name):
    refused(table(tmp_path), name, "can't be the name of a dataset")


@pytest.mark.parametrize("name", ["iris", "moons", "mnist_5000"])
def test_names_of_the_programs_datasets_are_taken(tmp_path, name):
    refused(table(tmp_path), name, f'there is a dataset "{name}" already')


def test_a_name_can_be_used_once_until_it_is_removed(tmp_path):
    add(table(tmp_path), "mine")
    with pytest.raises(BadInput, match="tui-lab datasets remove mine"):
        add(table(tmp_path), "mine")
    remove("mine")
    assert list(added_datasets().glob("*")) == []
    add(table(tmp_path), "mine")
    with pytest.raises(BadInput, match='no dataset "mien" was added; did you mean "mine"'):
        remove("mien")
    for name in ("..", "", "iris", "/"):
        with pytest.raises(BadInput, match="was added"):
            remove(name)


def test_what_can_not_be_learned_is_not_added(tmp_path):
    (tmp_path / "few.csv").write_text("a,b\n1,2\n")
    refused(Csv(csv=str(tmp_path / "few.csv"), target="b"), "few", "at least 10")
    refused(table(tmp_path).replace(target="c"), "few", 'no column "c"')
    assert not added_datasets().exists()


def test_only_a_stand_in_gives_its_name_away(tmp_path, monkeypatch):
    shutil.copytree(shipped_folder("datasets") / "iris", tmp_path / "shipped" / "flowers")
    card = tmp_path / "shipped" / "flowers" / "card.yaml"
    card.write_text(card.read_text() + "stand_in: true\n")
    monkeypatch.setattr(
        "tui_lab.experiment.dataset.shipped_folder", lambda kind: tmp_path / "shipped"
    )
    assert named("flowers").facts().name == "flowers (stand-in)"
    assert [entry.kind for entry in entries()[0] if entry.name == "flowers"] == ["stand-in"]
    add(table(tmp_path), "flowers")
    assert isinstance(named("flowers"), Csv)
    assert named("flowers").facts().name == "flowers"
    assert [entry.kind for entry in entries()[0] if entry.name == "flowers"] == ["added"]
    assert "flowers" not in [dataset.name for dataset in all_datasets()]
    remove("flowers")
    assert named("flowers").facts().rows == 150


@pytest.mark.parametrize(
    "call", ["os.fsync", "os.rename", "os.mkdir", "tui_lab.data.adding.digest_of"]
)
def test_whatever_goes_wrong_nothing_is_left(tmp_path, monkeypatch, call):
    def broken(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "home" / "datasets").mkdir(parents=True)
    dataset = table(tmp_path)
    monkeypatch.setattr(call, broken)
    with pytest.raises(BadInput, match="the disk is full"):
        add(dataset, "mine")
    assert list(added_datasets().iterdir()) == []


KILLED = """
import os, sys
from tui_lab.data import adding
from tui_lab.experiment.dataset import Csv
def killed(*arguments):
    os.kill(os.getpid(), 9)
adding.digest_of = killed
adding.add(Csv(csv=sys.argv[1], target="kind"), "mine")
"""


def test_a_copy_that_was_killed_is_swept_and_that_of_a_living_process_is_not(tmp_path):
    dataset = table(tmp_path)
    done = subprocess.run([sys.executable, "-c", KILLED, dataset.csv], check=False)
    assert done.returncode == -9
    left = list(added_datasets().iterdir())
    assert len(left) == 1
    assert added_names() == []
    alive = added_datasets() / f".other.{os.getppid()}.tmp"
    alive.mkdir()
    sweep()
    assert list(added_datasets().iterdir()) == [alive]
    add(dataset, "mine")
    assert added_names() == ["mine"]


def test_a_mistake_in_dataset_yaml_is_told_and_the_others_are_listed(tmp_path):
    add(table(tmp_path), "mine")
    add(table(tmp_path), "other")
    file = added_datasets() / "mine" / FILE
    text = file.read_text()
    for old, new, says in (
        ("task:", "tusk:", r'dataset\.yaml:1:1: unknown key "tusk"'),
        ("target: kind", "taget: kind", 'unknown key "taget"'),
        ("csv: mine.csv", "csv: ../other/mine.csv", "which is not in its folder"),
        ("csv: mine.csv", "csv: /etc/passwd", "which is not in its folder"),
        ("dataset:", "dataset: [", "is not YAML"),
    ):
        file.write_text(text.replace(old, new))
        os.utime(file, ns=(len(new), len(new) + hash(new) % 1000))
        with pytest.raises(BadInput, match=says):
            named("mine")
    found, broken = entries()
    assert "other" in [entry.name for entry in found]
    assert len(broken) == 1
    assert FILE in broken[0]


@pytest.mark.parametrize(
    ("path", "name"),
    [("water_potability.csv", "water_potability"), ("/a/My Table (2).CSV.gz", "my_table_2"),
     ("photos", "photos"), ("..", ""), ("t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte")],
)  # fmt: skip
def test_a_name_is_proposed_after_the_file(path, name):
    assert name_for(Path(path)) == name
