"""The command line as people and programs meet it: words in, one sentence or one object out."""

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save

from tui_lab.cli import main
from tui_lab.experiment.device import surely_missing
from tui_lab.experiment.families import FAMILIES
from tui_lab.experiment.presets import load_preset, shipped_presets
from tui_lab.runs.run import create_run, find_run

PROGRAM = [sys.executable, "-c", "from tui_lab.cli import main; main()"]
CONTRACT = ["run", "state", "epochs", "parameters", "seconds", "train", "validation", "test",
            "beats_baseline"]  # fmt: skip
CLASSES = ["loss", "accuracy", "precision", "recall", "f1", "baseline"]
NUMBERS = ["loss", "mae", "rmse", "r2", "baseline"]
SHORT = ["--set", "training.epochs=1", "--quiet"]


def tell(*words: str):
    return CliRunner(catch_exceptions=False).invoke(main, list(words))


def run_program(*words: str | bytes, **options) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False, **options
    )


def refused(result, home: Path) -> str:
    """The one sentence that a command ended with, having written nothing."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert not home.exists()
    (line,) = result.stderr.splitlines()
    assert line.isprintable()
    return line


PRESET = """\
title: mine
dataset: {name: iris}
layers:
  - Linear: 8
  - ReLU
  - Linear: 3
"""
WRONG = [
    ("", "p.yaml:1:1: is empty"),
    ("dataset: [", "p.yaml:1:11: is not YAML"),
    ("layers:\n  - Conv2d: 8, kernel_size: 3\n", r".*2:27: .*several settings .* go in braces"),
    ("datset: {name: iris}", 'p.yaml:1:1: unknown key "datset"; did you mean "dataset"?'),
    ("title: x", "p.yaml:1:1: dataset is missing"),
    ("dataset: {name: iri}", 'p.yaml:1:10: dataset: there is no dataset "iri"; did .* "iris"'),
    ("dataset: iris", "p.yaml:1:10: dataset: expected `name: ...`, `csv: ...` with a target"),
    ("dataset: {name: iris, name: iris}", 'p.yaml:1:23: has the key "name" twice'),
    ("dataset: {name: moons, noise: 11}", "p.yaml:1:31: dataset.noise should be at most 10"),
    ("dataset: {name: iris, split: [0.5, 0.5]}", "p.yaml:1:30: dataset.split.3 is missing"),
    ("dataset: {name: iris, split: [0.5, 0.2, 0.2]}", "p.yaml:1:30: dataset.split: the three"),
    (PRESET + "  - Relu", 'p.yaml:7:5: layers.4: there is no layer "Relu"; did you mean "ReLU"?'),
    (PRESET + "  - ReLU: 3", "p.yaml:7:11: layers.4.ReLU: ReLU takes no bare value"),
    (PRESET + "  - Linear", "p.yaml:7:5: layers.4.Linear.out_features is missing"),
    (PRESET + "  - Linear: 2.5", "p.yaml:7:13: layers.4.Linear.out_features should be a whole"),
    (PRESET + "  - Linear: {out_features: 3, initialisation: zero}", 'p.yaml:7:47: .*"zeros"'),
    (PRESET + "  - Linear: {out_features: 3, name: 1a}", "p.yaml:7:37: .* begins with a letter"),
    (PRESET + "  - Conv2d: 4", "p.yaml:7:5: layer 4: Conv2d wants a picture"),
    (PRESET + "  - MaxPool2d: {kernel_size: [2, 0]}", "p.yaml:7:34: .*kernel_size.2 .*at least 1"),
    (PRESET + "  - Linear: 2", "p.yaml:7:5: the network gives 2 numbers, the data needs 3"),
    (PRESET + "loss: MSELoss", "p.yaml:7:7: MSELoss is for regression"),
    (PRESET + "loss: {CrossEntropyLoss: {weight: [1, 1]}}", "p.yaml:7:35: .* 2 class weights"),
    (PRESET + "optimizer: {SGD: {lr: -0.1}}", "p.yaml:7:23: optimizer.SGD.lr should be at least 0"),
    (PRESET + "optimizer: {SGD: {lr: .nan}}", "p.yaml:7:23: .* should be a finite number"),
    (PRESET + "optimizer: {SGD: {lr: 1e999}}", "p.yaml:7:23: .* should be a finite number"),
    (PRESET + "optimizer: {SGD: {nesterov: true}}", "p.yaml:7:18: .* nesterov needs a momentum"),
    (PRESET + "training: {epochs: 0}", "p.yaml:7:20: training.epochs should be at least 1, not 0"),
    (PRESET + "training: {epochs: 1e3}", "p.yaml:7:20: .* a whole number, not 1000.0"),
    (PRESET + "training: {epochs: true}", "p.yaml:7:20: .* a whole number, not true"),
    (PRESET + "training: 3", "p.yaml:7:11: training should be a mapping, not 3"),
    (PRESET + "training: {device: gpu}", "p.yaml:7:20: .*auto, cpu, cuda, cuda:0 or mps"),
    (PRESET + "section: 5.1", "p.yaml:7:10: section should be text, not 5.1; write it in quotes"),
    (PRESET + "notes: " + "x" * 10_001, "p.yaml:7:8: notes should be at most 10000 characters"),
    ("dataset: {name: iris, rows: [1, 200]}", "p.yaml:1:29: dataset.rows: there are only 150"),
    ("dataset: {name: iris, rows: [1, 60]}", 'p.yaml:1:29: rows: there is no .* "virginica"'),
    ("dataset: {name: iris, classes: [rose, setosa]}", 'p.yaml:1:32: .* no class "rose"'),
    ("dataset: {name: iris, classes: {a: [setosa], b: rose}}", "p.yaml:1:49: .* a list, not"),
    (PRESET + "weights: {form: iris}", 'p.yaml:7:11: unknown key "form"; did you mean "from"?'),
    (PRESET + "weights: {from: iris}", 'p.yaml:7:17: there is no run of "iris" yet; tui-lab train'),
    (PRESET + "weights: {from: no.pt}", 'p.yaml:7:17: there is no file ".*no.pt"; .* "one.pt"'),
    (PRESET + "weights: {from: t.csv}", 'p.yaml:7:17: there is no run "t.csv"; a file must end in'),
    (PRESET + "weights: {from: text.pt}", "p.yaml:7:17: .*text.pt: is damaged or was not written"),
    (PRESET + "weights: {from: pipe.pt}", "p.yaml:7:17: .* is not a file"),
    (PRESET + "weights: {from: one.safetensors}", "p.yaml:7:17: .* \"0.weight\" is not in the"),
    (PRESET + "weights: {from: one.safetensors, layers: 4}", "p.yaml:7:42: .* has only 3"),
    (PRESET + "weights: {from: one.safetensors, layers: [1a]}", 'p.yaml:7:42: .* no layer "1a"'),
    (PRESET + "weights: {from: one.pt}", "p.yaml:7:17: .*one.pt: holds no weights"),
    ("dataset: {csv: no.csv, target: y}", 'p.yaml:1:16: there is no file ".*no.csv"'),
    ("dataset: {csv: t.csv}", "p.yaml:1:10: dataset.target is missing"),
    ("dataset: {csv: t.csv, target: lable}", 'p.yaml:1:31: .* "lable".*"label".*x, label'),
    ("dataset: {csv: few.csv, target: y}", "p.yaml:1:16: .*few.csv"),
    ("dataset: {csv: ., target: y}", "p.yaml:1:16: can't read"),
    ("dataset: {csv: pipe, target: y}", "p.yaml:1:16: .* is not a file"),
    ('dataset: {csv: "a\\0b", target: y}', "p.yaml:1:16: "),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i / 7},{'ab'[i % 2]}\n" for i in range(40))
    Path("t.csv").write_text(f"x,label\n{rows}")
    Path("few.csv").write_text("x,y\n1,2\n3,4\n")
    Path("text.pt").write_text("x,y")
    Path("one.safetensors").write_bytes(save({"x": np.zeros(1, np.float32)}))
    with ZipFile("one.pt", "w") as archive:
        archive.writestr("one/data.pkl", pickle.dumps({}, 2))
    os.mkfifo("pipe")
    os.mkfifo("pipe.pt")
    return tmp_path


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_bad_input_is_one_sentence_with_its_place_and_nothing_is_written(text, says, folder, home):
    Path("p.yaml").write_text(text)
    files = sorted(folder.rglob("*"))
    line = refused(tell("train", "p.yaml"), home)
    assert matches("tui-lab: " + says, line), line
    assert refused(tell("check", "p.yaml"), home) == line.removeprefix("tui-lab: ")
    assert sorted(folder.rglob("*")) == files


def matches(says: str, line: str) -> bool:
    """Whether a line begins with the words of `says`, where `.*` stands for anything."""
    return bool(re.match(".*".join(map(re.escape, says.split(".*"))), line))


WRONG_CHANGES = [
    ("epochs", "--set wants key=value, for example training.epochs=5"),
    ("=3", "--set wants key=value"),
    ("training.epoch=3", 'unknown key "epoch"; did you mean "epochs"?'),
    ("trainin.epochs=3", 'unknown key "trainin"; did you mean "training"?'),
    ("training.epochs=0", "training.epochs should be at least 1, not 0"),
    ("training.epochs=many", 'training.epochs should be a whole number, not the text "many"'),
    ("training.epochs=[", "is not YAML"),
    ("optimizer.lr=-1", "optimizer.Adam.lr should be at least 0, not -1"),
    ("optimizer.lr=.nan", "optimizer.Adam.lr should be a finite number, not nan"),
    ("optimizer.lr=1e999", "optimizer.Adam.lr should be a finite number, not inf"),
    ("optimizer.momentum=0.9", 'unknown key "momentum" (known: lr, weight_decay, betas, eps)'),
    ("optimizer=sgd", 'optimizer: there is no optimizer "sgd"; did you mean "SGD"?'),
    ("optimizer.SGD.nesterov=true", "optimizer.SGD: nesterov needs a momentum"),
    ("layers.4=ReLU", '"4" is not a position from 1 to 3'),
    ("layers.0=ReLU", '"0" is not a position from 1 to 3'),
    ("layers.first=ReLU", '"first" is not a position from 1 to 3'),
    ("layers.1=Relu", 'layers.1: there is no layer "Relu"; did you mean "ReLU"?'),
    ("layers.1.out_features=0", "layers.1.Linear.out_features should be at least 1, not 0"),
    ("layers.2.out_features=9", 'unknown key "out_features" (known: name)'),
    ("layers.3=ReLU", "the network gives 16 numbers, the data needs 3; to mend it: add Linear 3"),
    ("layers=[]", "the network has no layers yet"),
    ("loss=MSELoss", "MSELoss is for regression"),
    ("dataset.name=iri", 'dataset: there is no dataset "iri"; did you mean "iris"?'),
    ("dataset.batch=3", 'unknown key "batch"; did you mean "batch_size"?'),
    ("dataset.csv=t.csv", "dataset.target is missing"),
    ("dataset.rows=[0, 9]", "dataset.rows.1 should be at least 1, not 0"),
    ("dataset.classes.a=[setosa]", "dataset.classes: at least two are needed"),
    ("weights.layers=3", "weights.from is missing"),
    ("weights={from: x, lr_factor: 0}", "weights.lr_factor should be more than 0, not 0"),
    ("weights.from=digits-1", 'there is no run "digits-1"'),
    ("dataset.split.1=0.5", "dataset.split: the three shares must sum to 1"),
    ("dataset.split=[0.5,0.2,0.2]", "dataset.split: the three shares must sum to 1"),
    ("training.device=mps:1", "training.device should be auto, cpu, cuda, cuda:0 or mps"),
    ("title=", "title should be text, not nothing"),
    ("title=\x1b[2J\u202e[red]", "holds a character that YAML doesn't allow"),
]


@pytest.mark.parametrize(("change", "says"), WRONG_CHANGES)
def test_a_wrong_change_is_named_itself(change, says, folder, home):
    line = refused(tell("train", "iris", "--set", change), home)
    assert says in line
    assert line.startswith("tui-lab: --set ")


def test_a_change_of_dataset_that_the_network_does_not_fit_says_what_to_mend(home):
    line = refused(tell("train", "iris", "--set", "dataset.name=digits"), home)
    assert "iris.yaml:10:5: the network gives 3 numbers, the data needs 10; to mend it: " in line


@pytest.mark.skipif(not surely_missing("cuda"), reason="there may be a GPU")
def test_a_device_that_is_not_there_is_refused_before_anything_is_written(home):
    line = refused(tell("train", "iris", "--set", "training.device=cuda:1"), home)
    assert 'there is no device "cuda:1" here' in line


@pytest.mark.parametrize(
    ("change", "part", "value"),
    [
        ("layers.1=ReLU", "layers", ["ReLU", "ReLU", {"Linear": 3}]),
        ("layers.1.out_features=9", "layers", [{"Linear": 9}, "ReLU", {"Linear": 3}]),
        ("layers.1.Linear=9", "layers", [{"Linear": 9}, "ReLU", {"Linear": 3}]),
        ("layers=[ReLU, {Linear: 3}]", "layers", ["ReLU", {"Linear": 3}]),
        ("optimizer.lr=.5", "optimizer", {"Adam": 0.5}),
        ("optimizer.SGD.lr=1e-2", "optimizer", {"SGD": 0.01}),
        ("optimizer=SGD", "optimizer", "SGD"),
        ("optimizer={SGD: {momentum: 0.9}}", "optimizer", {"SGD": {"momentum": 0.9}}),
        ("schedule.StepLR=2", "schedule", {"StepLR": 2}),
        ("training.early_stopping.patience=3", "training",
         {"epochs": 60, "early_stopping": {"patience": 3}}),
        ("loss.label_smoothing=0.1", "loss", {"CrossEntropyLoss": {"label_smoothing": 0.1}}),
        ("dataset.name=moons", "dataset", {"batch_size": 16, "name": "moons"}),
        ("dataset.rows=[1, 150]", "dataset", {"batch_size": 16, "name": "iris", "rows": [1, 150]}),
        ("weights={from: last, layers: 2}", "weights", {"from": "last", "layers": 2}),
        ('title="5"', "title", "5"),
    ],
)  # fmt: skip
def test_a_change_reaches_what_its_key_names(change, part, value):
    assert (
        load_preset("iris", (change,)).model_dump(mode="json", exclude_defaults=True)[part] == value
    )


def test_a_csv_is_relative_to_the_preset_and_by_set_to_the_current_folder(folder):
    Path("sub").mkdir()
    Path("sub/p.yaml").write_text("dataset: {csv: ../t.csv, target: label}\n")
    assert load_preset("sub/p.yaml").dataset.csv == str(folder / "t.csv")
    changes = ("dataset.target=label", "dataset.csv=t.csv")
    assert load_preset("sub/p.yaml", changes).dataset.csv == str(folder / "t.csv")
    assert load_preset("iris", changes).dataset.csv == str(folder / "t.csv")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--sett"], "No such option '--sett'"),
        (["train"], "name a preset, such as digits, or a table with --data FILE"),
        (["train", "iris", "--sett", "x"], "No such option '--sett'"),
        (["train", "iris", "--set"], "requires an argument"),
        (["train", "iris", "more"], "unexpected extra argument (more)"),
        (["check"], "Missing argument 'FILE...'"),
        (["show"], "Missing argument 'RUN'"),
        (["show", "nothing"], "no runs yet"),
        (["export", "nothing"], "Missing option '--format'"),
        (["export", "x", "--format", "h5"], "'h5' is not one of 'pt', 'safetensors'"),
        (["trian", "iris"], 'there is no command or preset "trian"; did you mean "train"?'),
        (["digit"], 'there is no command or preset "digit"; did you mean "digits"?'),
        (["train", "digit"], 'there is no preset "digit"; did you mean "digits"?'),
        (["train", "no.yaml"], 'there is no file "no.yaml"'),
        (["train", "."], "holds no folders; expected a folder of pictures for each class"),
        (["train", "pipe"], '"pipe" is not a file'),
        (["train", "x" * 5000 + ".yaml"], "File name too long"),
        (["train", "\x1b[2J\u202e[red]\udcff"], "\\x1b[2J\\u202e[red]\\udcff"),
    ],
)
def test_a_wrong_word_is_one_sentence(words, says, folder, home):
    assert says in refused(tell(*words), home)


@pytest.mark.parametrize("name", shipped_presets())
def test_every_shipped_preset_is_right(name, sources):
    result = tell("check", name)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{name}: ok · ")


def test_check_reports_every_file_and_fails_if_one_is_wrong(folder):
    Path("p.yaml").write_text(PRESET + "  - Softmax")
    Path("q.yaml").write_text(PRESET + "  - Linear: 2")
    result = tell("check", "p.yaml", "q.yaml", "no.yaml", "iris")
    assert result.exit_code == 2
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["p.yaml", "iris"]
    lines = result.stderr.splitlines()
    assert lines[0].startswith("note: p.yaml:7:5: Softmax before CrossEntropyLoss")
    assert lines[1].startswith("q.yaml:7:5: the network gives 2 numbers")
    assert 'there is no file "no.yaml"' in lines[2]


@pytest.mark.parametrize(("preset", "metrics"), [("iris", CLASSES), ("diabetes", NUMBERS)])
def test_train_json_is_one_object_of_the_agreed_keys_and_show_gives_the_same(preset, metrics):
    result = tell("train", preset, *SHORT, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert list(told) == CONTRACT
    assert (told["state"], told["epochs"]) == ("finished", 1)
    assert set(told["parameters"]) == {"total", "trainable"}
    assert all(list(told[split]) == metrics for split in ("train", "validation", "test"))
    assert json.loads(tell("show", told["run"], "--json").stdout) == told
    assert json.loads(tell("show", "last", "--json").stdout) == told


def test_a_diverged_run_exits_1_and_shows_what_is_known():
    result = tell("train", "iris", *SHORT, "--json", "--set", "optimizer={SGD: 1e30}")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["state"] == "diverged"
    assert told["parameters"] == {"total": 131, "trainable": 131}
    assert "step" in told["why"]
    assert json.loads(tell("show", told["run"], "--json").stdout) == told


def test_a_run_that_is_queued_or_lost_is_shown_too(home):
    run = create_run(load_preset("iris"), "mine")
    known = json.loads(tell("show", run.id, "--json").stdout)
    assert (known["run"], known["epochs"]) == ("mine-1", 0)
    assert known["state"] in ("queued", "lost")
    assert "mine-1" in tell("show", "last").stdout


def test_runs_json_lists_the_newest_first(home):
    for name in ("one", "two"):
        create_run(load_preset("iris"), name)
    rows = json.loads(tell("runs", "--json").stdout)
    assert [row["name"] for row in rows] == ["two", "one"]
    assert all({"run", "name", "state", "pid", "started", "epochs"} <= set(row) for row in rows)
    assert [row["run"] for row in rows] == ["two-1", "one-1"]


def test_a_run_keeps_every_setting_that_it_was_started_with(home):
    run = create_run(load_preset("iris"), "mine")
    assert find_run("mine-1").experiment == load_preset("iris")
    text = run.file("experiment.yaml").read_text()
    assert all(word in text for word in ("betas", "shuffle", "initialisation", "device: auto"))


@pytest.mark.parametrize(
    "name", ["../../x", "\x1b[2J\u009b\u202e[red]", "日本", "x" * 1000, "-rf", " "]
)
def test_odd_names_of_runs_stay_inside_and_are_shown_as_escapes(name, home):
    run = create_run(load_preset("iris"), name)
    assert run.folder.parent == home / "runs"
    assert run.id.isascii()
    shown = tell("runs").stdout + tell("show", run.id).stdout
    assert all(line.isprintable() for line in shown.splitlines())


def test_hostile_text_of_a_preset_never_reaches_the_terminal_raw(folder, home):
    nasty = "\\e[2J\\x9b31m\\u202e[red]\\0"
    Path("p.yaml").write_text(f'title: "{nasty}"\ndataset: {{name: iris}}\n"{nasty}": 1\n')
    line = refused(tell("train", "p.yaml"), home)
    assert "\\x1b[2J\\x9b31m\\u202e[red]\\x00" in line
    Path("p.yaml").write_text(f'title: "{nasty}"\ndataset: {{csv: t.csv, target: "{nasty}"}}\n')
    assert "\\x1b[2J" in refused(tell("train", "p.yaml"), home)


@pytest.mark.parametrize("command", ["presets", "datasets", "runs", *FAMILIES])
def test_lists_come_as_text_and_as_json(command, home):
    create_run(load_preset("iris"), "mine")
    rows = json.loads(tell(command, "--json").stdout)
    first = next(iter(rows[0].values()))
    assert tell(command).stdout.splitlines()[1].startswith(str(first))
    assert len(tell(command).stdout.splitlines()) == len(rows) + 1


def test_the_lists_name_everything_there_is():
    assert [row["name"] for row in json.loads(tell("presets", "--json").stdout)] == [
        *shipped_presets()
    ]
    names = {row["name"] for row in json.loads(tell("datasets", "--json").stdout)}
    assert names >= {"breast_cancer", "iris", "wine", "digits", "diabetes"}
    assert names >= {"moons", "circles", "xor", "spirals", "gaussians", "plane", "sine"}
    layers = {row["name"]: row["fields"] for row in json.loads(tell("layers", "--json").stdout)}
    assert "negative_slope" in layers["LeakyReLU"]


@pytest.mark.parametrize("command", main.commands)
def test_every_command_explains_itself_with_an_example(command):
    result = tell(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"tui-lab {command}" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    for parameter in main.commands[command].params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name


def test_a_closed_pipe_ends_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    command = [*PROGRAM, "presets"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_under_the_output_is_one_sentence():
    with open("/dev/full", "wb") as full:
        command = [*PROGRAM, "presets"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"tui-lab: the output: No space left on device\n"


def test_a_folder_of_runs_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "file" / "home"))
    result = tell("train", "iris", *SHORT)
    assert result.exit_code == 2
    assert "can't write" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_bytes_that_are_no_text_are_shown_as_escapes(home):
    done = run_program("train", b"no\xff\x1b[2J")
    assert done.returncode == 2
    assert b"\\udcff\\x1b[2J" in done.stderr
    assert not home.exists()


def test_a_terminal_of_few_characters_gets_escapes_instead_of_a_traceback():
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = run_program("check", "iris", env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u2192" in done.stdout


def test_without_a_terminal_a_preset_is_trained_instead_of_opened(folder, home):
    Path("p.yaml").write_text(PRESET + "training: {epochs: 1}")
    done = run_program("p.yaml")
    assert done.returncode == 0
    assert b"accuracy" in done.stdout
    assert b"epoch 1/1" in done.stderr
    assert [path.name for path in (home / "runs").iterdir()] == ["p-1"]
