"""`tui-lab sweep` and `tui-lab sweeps`: words in, a leaderboard or one object out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tui_lab.cli import main
from tui_lab.experiment.presets import load_preset
from tui_lab.runs import sweep_run, sweep_watch
from tui_lab.runs.run import create_run
from tui_lab.runs.sweep_run import SweepRun, all_sweeps, create_sweep, find_sweep

PRESET = """\
title: mine
dataset: {name: iris}
layers: [{Linear: 8}, ReLU, {Linear: 3}]
optimizer: {SGD: {lr: 0.1, momentum: 0.9}}
training: {epochs: 1}
sweep:
  settings: {optimizer.lr: {LogUniform: [1e-3, 1]}, optimizer.momentum: {Uniform: [0, 0.9]}}
  trials: 3
  metric: accuracy
"""
HOSTILE = "\x1b]0;owned\x07\u202e[@click=app.quit]x[/]\x9b2J"


@pytest.fixture
def preset(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(PRESET)
    return Path("p.yaml")


@pytest.fixture
def worked(monkeypatch) -> list[int]:
    """Trials end at once, as if they had been trained; gives how many workers were asked for."""
    asked = []

    def work(run: SweepRun, workers: int, quiet: bool) -> int:
        asked.append(workers)
        there = {(one.trial, one.seed) for one in run.attempts()}
        units = [unit for unit in run.asked().units(run.sweep.seeds) if unit not in there]
        with run.file("trials.jsonl").open("a") as file:
            file.writelines(json.dumps(made(*unit)) + "\n" for unit in units)
        run.file("status.json").write_text(json.dumps(run.status() | DONE))
        return 0

    monkeypatch.setattr(sweep_watch, "work", work)
    return asked


DONE = {"state": "finished", "seconds": 2.5, "workers": 2}


def made(trial: int, seed: int, **more: object) -> dict[str, object]:
    settings = {"optimizer.lr": 0.001 * trial, "optimizer.momentum": 0.5}
    value = 0.5 + trial / 20 + seed / 1000
    curve = [[1, value - 0.1], [2, value]]
    return {"trial": trial, "seed": seed, "settings": settings, "state": "finished", "epochs": 2,
            "value": value, "best_epoch": 2, "curve": curve, "seconds": 0.5} | more  # fmt: skip


def tell(*words: str):
    return CliRunner(catch_exceptions=False).invoke(main, list(words))


def refused(*words: str) -> str:
    result = tell(*words)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    (line,) = result.stderr.splitlines()
    assert line.isprintable()
    return line


def test_a_preset_is_swept_by_real_trainings_and_gone_on_with_by_its_id(preset):
    result = tell("sweep", "p.yaml", "--trials", "2", "--workers", "1", "--json", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert (told["sweep"], told["state"], told["metric"]) == ("p-1", "finished", "accuracy")
    assert [trial["rank"] for trial in told["trials"]] == [1, 2]
    values = [trial["value"] for trial in told["trials"]]
    assert values == sorted(values, reverse=True)
    assert all(set(trial["settings"]) == {"optimizer.lr", "optimizer.momentum"}
               for trial in told["trials"])  # fmt: skip
    again = json.loads(tell("sweep", "p-1", "--json").stdout)
    assert again == told


def test_the_leaderboard_is_a_table_with_what_each_setting_did(preset, worked):
    out = tell("sweep", "p.yaml", "--trials", "9", "--workers", "3").stdout
    lines = out.splitlines()
    assert worked == [3]
    assert lines[0] == "p-1: finished, 9 trials in 0:02"
    assert lines[2].split() == ["trial", "lr", "momentum", "accuracy", "epochs", "seconds", "state"]
    assert lines[3].split() == ["1", "9", "0.009", "0.5", "0.9500", "2", "0.5", "finished"]
    assert "optimizer.lr        +1.00             more is better" in lines
    assert "optimizer.momentum  +0.00             nothing to be seen (by chance ±0.71)" in lines
    assert lines[-3:] == [
        "Next:",
        "  tui-lab sweep p-1 --repeat",
        "  tui-lab sweep p-1 --promote 9",
    ]
    assert max(map(len, lines)) <= 80


def test_several_seeds_are_told_with_their_deviation(preset, worked):
    lines = tell("sweep", "p.yaml", "--trials", "3", "--set", "sweep.seeds=2").stdout.splitlines()
    assert lines[2].split()[3:] == ["accuracy", "±", "epochs", "seconds", "state"]
    assert lines[3].split()[4:6] == ["0.6505", "0.0007"]  # 0.65 and 0.651
    assert "Each accuracy is the mean over 2 seeds; ± is their standard deviation." in lines


def test_more_trials_repetitions_and_promotion_by_name(preset, worked, monkeypatch):
    tell("sweep", "p.yaml", "--name", "mine")
    assert len(find_sweep("mine").trials()) == 3
    assert "12 trials" in tell("sweep", "mine", "--trials", "12").stdout
    assert "has 12 trials already" in refused("sweep", "last", "--trials", "3")
    for words in (("last", "--set", "optimizer.lr=0.1"), ("mine-1", "--name", "other")):
        assert "for a new sweep of a preset" in refused("sweep", *words)
    out = " ".join(tell("sweep", "mine", "--repeat").stdout.split())
    assert "Trial 12 over 5 new seeds: accuracy 1.1030 ± 0.0016 (mean, deviation)." in out
    assert "more than chance in the seeds: over the same seeds trial 12 is 0.05 ± " in out
    trained = []
    monkeypatch.setattr("tui_lab.cli.sweep.train_run", lambda run, *_: trained.append(run) or 0)
    assert tell("sweep", "mine", "--promote", "3").exit_code == 0
    assert [run.id for run in trained] == ["mine-trial-3-1"]
    told = refused("sweep", "mine", "--promote", "3", "--repeat", "--workers", "2")
    assert "leave out --repeat, --workers" in told
    assert trained[0].experiment.optimizer.lr == 0.003
    assert trained[0].experiment.sweep is None


@pytest.mark.parametrize(("trials", "can"), [(4, "none"), (10, "2"), (32, "")])
def test_halving_that_can_hardly_stop_a_trial_says_so(worked, preset, trials, can):
    words = ("--set", "sweep.halving={}", "--trials", str(trials))
    said = tell("sweep", "p.yaml", *words).stderr
    told = f"of {trials} trials it can stop {can} early; it is worth it from 32 trials on"
    assert told in said if can else said == ""


def test_the_id_of_the_help_may_be_written_with_dots(worked):
    tell("sweep", "6.4-random-search")
    for id in ("6-4-random-search-1", "6.4-random-search-1"):
        assert "6-4-random-search-1: finished" in tell("sweep", id).stdout
    assert "tui-lab sweep 6-4-random-search-1" in tell("sweep", "--help").stdout


def test_an_experiment_without_a_sweep_is_swept_around_its_rate(worked):
    told = json.loads(tell("sweep", "digits", "--json").stdout)
    assert told["trials_asked"] == 10
    more = tell("sweep", "digits", "--trials", "12", "--json", "--set", "sweep.seeds=2").stdout
    assert json.loads(more)["trials_asked"] == 12
    assert find_sweep("last").sweep.seeds == 2
    assert set(find_sweep("last").sweep.settings) == {
        "optimizer.lr", "optimizer.momentum", "optimizer.weight_decay",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing"], 'there is no preset "nothing"'),
        (["digit"], 'did you mean "digits"?'),
        (["last"], "there are no sweeps yet; tui-lab sweep PRESET starts one"),
        (["p.yaml", "--repeat"], "there are no sweeps yet"),
        (["p.yaml", "--promote", "1"], "there are no sweeps yet"),
        (["p.yaml", "--set", "sweep.metric=rmse"], "there is no rmse here; rank by loss or accu"),
        (["p.yaml", "--set", "sweep.method=grid"], "write it as Grid"),
        (["p.yaml", "--trials", "0"], "sweep.trials should be at least 1"),
        (["p.yaml", "--workers", "0"], "0 is not in the range 1<=x<=256"),
        (["\x1b[2J\u202e[red]"], "\\x1b[2J\\u202e[red]"),
        (["../x.yaml"], 'there is no file "../x.yaml"'),
    ],
)
def test_a_wrong_word_is_one_sentence_and_nothing_is_written(words, says, preset, home):
    assert says in refused("sweep", *words)
    assert not home.exists()


def test_a_single_training_leaves_the_sweep_out(home):
    assert create_run(load_preset("6.4-random-search")).experiment.sweep is None


def test_without_optuna_the_method_tpe_is_refused_in_one_sentence(preset, home, monkeypatch):
    monkeypatch.setattr(sweep_run, "find_spec", lambda name: None)
    line = refused("sweep", "p.yaml", "--set", "sweep.method=tpe")
    assert "needs Optuna: pip install 'tui-lab[tpe]', or take method: random" in line
    assert not (home / "sweeps").exists()


def test_sweeps_are_listed_the_newest_first(preset, worked):
    for name in ("one", "two"):
        tell("sweep", "p.yaml", "--name", name)
    rows = json.loads(tell("sweeps", "--json").stdout)
    assert [row["name"] for row in rows] == ["two", "one"]
    assert rows[0]["best"] == {"trial": 3, "metric": "accuracy", "value": 0.65}
    assert "accuracy 0.6500 (trial 3)" in tell("sweeps").stdout


def test_hostile_sweeps_are_shown_as_escapes_or_refused(home):
    experiment = load_preset("6.4-random-search")
    good = create_sweep(experiment, HOSTILE)
    keys = {"optimizer.lr": HOSTILE, "optimizer.momentum": [HOSTILE, None], HOSTILE: 1}
    lines = [made(n, 0, settings=keys, state="failed", why=HOSTILE) for n in range(1, 11)]
    good.file("trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for text in ("", "dataset: {name: iris}", "[" * 1000):
        create_sweep(experiment, "bad").file("experiment.yaml").write_text(text)
    for run in all_sweeps():
        status = {"state": "stopped", "why": HOSTILE, "trials": {}, "seconds": "x"}
        run.file("status.json").write_text(json.dumps(status))
    shown = tell("sweeps").stdout
    for run in all_sweeps():
        result = tell("sweep", run.id)
        shown += result.stderr + result.stdout
    assert "\\x1b]0;owned" in shown
    assert all(line.isprintable() for line in shown.splitlines())
