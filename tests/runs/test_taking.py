"""What a run can be taken away as, and what is said where it can't."""

import csv
import importlib.util
import io
import json
import subprocess
import sys

import onnxruntime
import pytest
from click.testing import CliRunner
from processes import has_ended, new_run, wait_for

from tui_lab.cli import main
from tui_lab.cli.predict import print_answers
from tui_lab.data.table import load
from tui_lab.errors import BadInput, Failure
from tui_lab.runs import epochs, export, torch_process
from tui_lab.runs.csv_text import csv_text
from tui_lab.runs.epochs import write_curves
from tui_lab.runs.export import FORMATS
from tui_lab.runs.run import Run
from tui_lab.training.worker import exit_code


def tell(*words: object):
    return CliRunner(catch_exceptions=False).invoke(main, list(map(str, words)))


def epoch(number: int, **validation: object) -> str:
    tables = {"train": {"loss": 0.1, "accuracy": 0.2}, "validation": validation}
    return json.dumps({"event": "epoch", "epoch": number, "lr": 1e-3, **tables}) + "\n"


def run_with(*lines: str) -> Run:
    run = new_run()
    run.file("events.jsonl").write_text("".join(lines))
    return run


def test_a_trained_run_leaves_as_a_program_and_answers_a_table(begin, tmp_path):
    """The whole way, by the processes that do it for people."""
    run = new_run(epochs=3)
    begin(run)
    wait_for(lambda: has_ended(run))
    result = tell("export", run.id, "--format", "onnx", "-o", tmp_path / "n.onnx")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "4 float64 numbers, unscaled: sepal_length" in result.stdout
    assert "\n" not in result.stdout.strip()
    features = load(run.experiment.dataset).features
    features.to_csv(tmp_path / "iris.csv", index=False)
    result = tell("predict", "last", tmp_path / "iris.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    rows = list(csv.DictReader(result.stdout.splitlines()))
    session = onnxruntime.InferenceSession(tmp_path / "n.onnx")
    (given,) = session.run(["probabilities"], {"rows": features.to_numpy(float)})
    told = [[float(value) for name, value in row.items() if name[:2] == "p("] for row in rows]
    assert told == [pytest.approx(row, abs=1e-5) for row in given.tolist()]


def test_the_curves_are_a_row_an_epoch(tmp_path):
    run = run_with(epoch(1, loss=0.3, accuracy=0.5), epoch(2, loss=1 / 3, accuracy=0.6))
    result = tell("export", run.id, "--format", "csv", "-o", tmp_path / "c.csv")
    assert (result.exit_code, result.stdout) == (0, f"wrote {tmp_path}/c.csv\n")
    first, second = csv.DictReader((tmp_path / "c.csv").open())
    assert list(first) == [
        "epoch", "lr", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy",
    ]  # fmt: skip
    assert (second["epoch"], float(second["validation_loss"])) == ("2", 1 / 3)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ((), "no curves"),
        ((epoch(1, loss="=1+1"),), "no numbers"),
        (('{"event": "epoch"}\n',), "no numbers"),
        ((epoch(1, loss=None),), "no numbers"),
    ],
)
def test_curves_that_are_none_are_refused_and_the_old_file_stays(tmp_path, lines, sentence):
    (tmp_path / "c.csv").write_text("older")
    with pytest.raises(BadInput, match=sentence):
        write_curves(run_with(*lines), tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_text() == "older"


def test_curves_that_read_back_differently_are_not_written(tmp_path, monkeypatch):
    run = run_with(epoch(1, loss=0.3, accuracy=0.5))
    monkeypatch.setattr(epochs, "csv_text", lambda rows: csv_text(rows).replace("0.3", "0.4"))
    result = tell("export", run.id, "--format", "csv", "-o", tmp_path / "c.csv")
    assert result.exit_code == 1
    assert "nothing is written" in result.stderr
    assert not (tmp_path / "c.csv").exists()


def test_formulas_are_text_and_numbers_stay_numbers():
    cells = ["=1", "+a", "-2+3", "@x", "\ta", "\ra", "-2", "+1e5", "a=1", "", -2.5, 'q"uote,']
    (row,) = csv.reader(io.StringIO(csv_text([cells]), newline=""))
    assert row == [
        "'=1", "'+a", "'-2+3", "'@x", "'\ta", "'\ra", "-2", "+1e5", "a=1", "", "-2.5", 'q"uote,',
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["onnx", "tensorboard"])
def test_a_missing_package_is_named_with_what_installs_it(kind, tmp_path, monkeypatch):
    run = new_run()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = tell("export", run.id, "--format", kind, "-o", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"tui-lab: {kind} needs {' and '.join(FORMATS[kind].packages)}, not installed here: "
        f"pip install 'tui-lab[{kind}]'\n"
    )


@pytest.mark.parametrize("kind", ["pt", "safetensors", "onnx", "pt2"])
def test_a_run_without_weights_has_none_to_export(kind, tmp_path):
    with pytest.raises(BadInput, match="has no weights: they are written when it ends"):
        export.export(new_run(), kind, tmp_path / "out")


def test_a_run_without_weights_predicts_nothing(tmp_path):
    result = tell("predict", new_run().id, tmp_path / "x.csv")
    assert result.exit_code == 2
    assert "has no weights to predict with" in result.stderr


def test_the_rows_are_not_overwritten_by_their_answers(tmp_path):
    run = new_run()
    run.file("weights.safetensors").touch()
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    result = tell("predict", run.id, tmp_path / "x.csv", "-o", tmp_path / "x.csv")
    assert result.exit_code == 2
    assert "name another file" in result.stderr
    assert (tmp_path / "x.csv").read_text() == "a,b\n1,2\n"


def test_answers_reach_a_program_as_they_are_and_a_terminal_harmless(tmp_path, capsys, monkeypatch):
    (tmp_path / "answers").write_text("row,p(\x1b[2J)\n2,\u202e\n", newline="")
    print_answers(tmp_path / "answers")
    assert capsys.readouterr().out == "row,p(\x1b[2J)\n2,\u202e\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_answers(tmp_path / "answers")
    assert capsys.readouterr().out == "row,p(\\x1b[2J)\n2,\\u202e\n"


@pytest.mark.parametrize(("error", "code"), [(BadInput, 2), (Failure, 1)])
def test_a_process_says_how_it_went_by_its_exit_code(error, code, capsys):
    def fail():
        raise error("what was wrong")

    assert exit_code(lambda: None) == 0
    assert exit_code(fail) == code
    assert capsys.readouterr().err == "what was wrong\n"


@pytest.mark.parametrize(
    ("code", "said", "kind", "sentence"),
    [
        (2, "warning\na mistake\n", BadInput, "a mistake"),
        (1, "Traceback\nMemoryError\n", Failure, "MemoryError"),
        (-9, "", Failure, r"ended by itself \(-9\)"),
    ],
)
def test_how_a_process_ended_is_one_sentence(monkeypatch, code, said, kind, sentence):
    done = subprocess.CompletedProcess([], code, "", said)
    monkeypatch.setattr(torch_process.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(kind, match=sentence) as error:
        torch_process.work("export")
    assert type(error.value) is kind
