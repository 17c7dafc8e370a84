"""Runs on the command line: found, sorted, labelled, thrown away, brought back and compared."""

import json

import psutil
import pytest
from click.testing import CliRunner

from tui_lab.cli import main
from tui_lab.experiment.presets import load_preset
from tui_lab.runs.run import Run, all_runs, create_run
from tui_lab.runs.status import started
from tui_lab.runs.sweep_run import SweepRun, all_sweeps, create_sweep

HOSTILE = "\x1b]0;owned\x07\u202e[red]\x9b2J\n"


def tell(*words: str, typed: str = ""):
    return CliRunner(catch_exceptions=False).invoke(main, list(words), input=typed)


def refused(*words: str) -> str:
    result = tell(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.isprintable()
    return line


def ended(name: str, started: float, accuracy: float, *changes: str) -> Run:
    run = create_run(load_preset("iris", changes), name)
    status = {"state": "finished", "name": name, "started": started, "dataset": "iris"}
    run.file("status.json").write_text(json.dumps(status))
    summary = {"parameters": {"total": 9, "trainable": 9}, "seconds": 1.5, "best_epoch": 2}
    tables = {"test": {"loss": 0.5, "accuracy": accuracy, "baseline": 0.3}}
    run.file("summary.json").write_text(json.dumps(summary | tables))
    return run


@pytest.fixture
def three(home):
    return [ended("one", 1.0, 0.5), ended("two", 2.0, 0.9), ended("three", 3.0, 0.7)]


def listed(*words: str) -> list[str]:
    return [row["run"] for row in json.loads(tell("runs", "--json", *words).stdout)]


def test_runs_are_filtered_and_sorted(three):
    assert listed() == ["three-1", "two-1", "one-1"]
    assert listed("--sort", "test.accuracy") == ["two-1", "three-1", "one-1"]
    assert listed("--filter", "t iris") == ["three-1", "two-1"]
    assert listed("--filter", "tw") == ["two-1"]
    lines = tell("runs", "--sort", "test.accuracy").stdout.splitlines()
    assert lines[1].split()[:5] == ["two-1", "finished", "0", "accuracy", "0.9000"]
    assert 'did you mean "test.accuracy"' in refused("runs", "--sort", "test.acuracy")


def test_the_json_of_a_run_holds_all_that_is_known(three):
    tell("label", "one-1", "--tag", "keep", "--note", "why")
    row = json.loads(tell("runs", "--json", "--filter", "keep").stdout)[0]
    assert (row["tags"], row["note"], row["dataset"]) == (["keep"], "why", "iris")
    assert row["test"]["accuracy"] == 0.5
    assert row["parameters"] == {"total": 9, "trainable": 9}
    assert row["parent"] is None


def test_a_label_is_set_changed_shown_and_found(three):
    tell("label", "one-1", "--name", "best", "--tag", "a", "--tag", "b")
    assert "tags: b" in tell("label", "best", "--untag", "a").stdout
    told = tell("label", "best").stdout.splitlines()
    assert told == ["name: best", "tags: b", "note: –"]
    assert tell("show", "best").stdout.startswith("one-1")
    assert "one word" in refused("label", "best", "--tag", "two words")


def test_hostile_labels_are_shown_as_escapes(three):
    tell("label", "one-1", "--name", HOSTILE, "--note", HOSTILE)
    for words in (("runs",), ("label", "one-1"), ("compare", "one-1", "two-1")):
        assert all(line.isprintable() for line in tell(*words).stdout.splitlines())
    tell("delete", "one-1")
    assert all(line.isprintable() for line in tell("trash").stdout.splitlines())


def test_deleted_runs_lie_in_the_trash_until_they_come_back_or_it_is_emptied(three):
    tell("delete", "one-1", "two")
    assert listed() == ["three-1"]
    assert "one-1 is in the trash; tui-lab restore one-1" in refused("show", "one-1")
    assert [row["run"] for row in json.loads(tell("trash", "--json").stdout)] == ["one-1", "two-1"]
    assert tell("restore", "two-1").stdout == "two-1 is back\n"
    assert tell("trash", "--empty", typed="n\n").exit_code == 130
    assert "one-1" in tell("trash").stdout
    assert "1 run deleted" in tell("trash", "--empty", typed="y\n").stdout
    assert 'no run "one-1" in the trash' in refused("restore", "one-1")
    tell("delete", "two-1")
    assert tell("trash", "--empty", "--yes").exit_code == 0
    assert tell("trash").stdout.split() == ["run", "sweep", "name"]


def test_a_run_that_trains_is_not_deleted(home):
    create_run(load_preset("iris"), "new")
    assert "new-1 is queued; stop it" in refused("delete", "new-1")
    assert len(all_runs()) == 1


def test_two_runs_are_compared_as_text_and_as_json(home):
    ended("one", 1.0, 0.5)
    ended("two", 2.0, 0.9, "optimizer.lr=0.5")
    told = tell("compare", "one", "two").stdout
    assert "optimizer.lr" in told
    assert "optimizer.weight_decay" not in told
    assert "B (two-1) is 0.4 better than A (one-1)" in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 80
    data = json.loads(tell("compare", "one", "two", "--json").stdout)
    assert data["settings"] == {"optimizer.lr": [0.01, 0.5]}
    assert data["effects"]["test accuracy"] == [0.5, 0.9]
    assert data["verdict"] in " ".join(told.split())
    assert [run["letter"] for run in data["runs"]] == ["A", "B"]
    assert "two to 8 runs" in refused("compare", "one")


@pytest.fixture
def sweep(home) -> SweepRun:
    run = create_sweep(load_preset("6.4-random-search"), "one")
    told = {"state": "finished", "name": "one", "started": 1.0}
    run.file("status.json").write_text(json.dumps(told))
    return run


def test_a_sweep_goes_into_the_trash_and_comes_back_beside_a_run_of_the_same_id(three, sweep):
    assert sweep.id == "one-1"
    kept = sweep.file("experiment.yaml").read_bytes()
    tell("delete", "one-1")
    assert [run.id for run in all_sweeps()] == ["one-1"]
    assert tell("delete", "--sweep", "one-1").stdout == "one-1 is in the trash\n"
    assert all_sweeps() == []
    assert "one-1 is in the trash; tui-lab restore --sweep one-1" in refused("sweep", "one-1")
    there = json.loads(tell("trash", "--json").stdout)
    assert [(row["run"], row["sweep"]) for row in there] == [("one-1", ""), ("", "one-1")]
    assert "1 run and 1 sweep" in tell("trash", "--empty", typed="n\n").stderr
    assert create_sweep(load_preset("6.4-random-search"), "one").id == "one-2"
    tell("restore", "--sweep", "one-1")
    assert sweep.file("experiment.yaml").read_bytes() == kept
    assert "one-1" not in {run.id for run in all_runs()}


def test_a_sweep_that_goes_on_is_not_deleted_and_emptying_takes_sweeps_too(sweep):
    status = sweep.status()
    alive = {"pid": psutil.Process().pid, "process_started": started(psutil.Process())}
    sweep.file("status.json").write_text(json.dumps(status | {"state": "running"} | alive))
    assert "one-1 is running; stop it" in refused("delete", "--sweep", "one-1")
    sweep.file("status.json").write_text(json.dumps(status))
    tell("delete", "--sweep", "one-1")
    assert "0 runs and 1 sweep deleted" in tell("trash", "--empty", "--yes").stdout
    assert 'no sweep "one-1" in the trash' in refused("restore", "--sweep", "one-1")
