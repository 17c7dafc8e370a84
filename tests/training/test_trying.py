"""One row after another: its answer, and what leaves each layer."""

import io
import json

import pytest
import torch
from tables import write_table

from tui_lab.data.enter import typed_row
from tui_lab.training.trained import trained
from tui_lab.training.trying import answer_lines


def ask(run, *requests):
    replies = io.StringIO()
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    answer_lines(run, io.StringIO(lines), replies)
    return [json.loads(line) for line in replies.getvalue().splitlines()]


def test_each_layers_values_are_those_of_the_network(train):
    run = train("digits_conv", "training.epochs=1")
    (reply,) = ask(run)
    found = trained(run)
    x = found.answers.prepared(torch.from_numpy(typed_row(reply["row"], found.saved)))
    told = reply["layers"]
    assert [layer["shape"] for layer in told[:3]] == ["1x8x8", "8x8x8", "8x8x8"]
    assert told[1]["name"] == "1 Conv2d"
    for layer, module in zip(told[1:], found.network, strict=True):
        x = module(x)
        expected = [float(v) for v in (x.min(), x.mean(), x.max())]
        assert [layer["min"], layer["mean"], layer["max"]] == pytest.approx(expected, rel=1e-3)
        assert layer["values"] == pytest.approx(x.flatten()[:64].tolist(), rel=1e-3, abs=1e-6)
    probabilities = x.softmax(1)[0].tolist()
    assert list(reply["probabilities"].values()) == pytest.approx(probabilities, abs=1e-6)


def test_the_next_row_is_another_one_with_its_true_target(train):
    first, second = ask(train("iris", "training.epochs=1"), {"another": True})
    assert first["row"] != second["row"]
    assert first["told"] == "test row 1 of 22"
    assert second["told"] == "test row 2 of 22"
    assert second["target"] in second["probabilities"]


def test_a_changed_row_is_answered_and_a_wrong_one_is_told(train, tmp_path):
    run = train(write_table(tmp_path / "t.csv", target="price"))
    (first,) = ask(run)
    same, other, empty, wrong, unknown, huge = ask(
        run, {"row": first["row"]}, {"row": first["row"] | {"size": "1e6"}},
        {"row": dict.fromkeys(first["row"], "")}, {"row": first["row"] | {"size": "x\x1b"}},
        {"row": first["row"] | {"kind": "oka"}}, {"row": first["row"] | {"size": "1e99"}},
    )[1:]  # fmt: skip
    assert same["value"] == first["value"] != other["value"]
    assert "value" in empty
    assert wrong == {"error": '"size" should be a number, not "x\\x1b"'}
    assert unknown["error"] == '"kind" never was "oka" in training; did you mean "oak"?'
    assert "at most 3.4e38" in huge["error"]


def test_without_the_data_typical_values_begin(train, tmp_path):
    run = train(write_table(tmp_path / "t.csv"))
    (tmp_path / "t.csv").unlink()
    (first,) = ask(run)
    assert first["told"] == "typical values: the data has changed"
    assert "target" not in first
    assert float(first["row"]["size"]) == pytest.approx(trained(run).saved.fill[0], rel=1e-4)


def test_a_test_row_from_a_file_may_hold_a_word_that_nobody_could_type(train, tmp_path):
    for name, words in (("t.csv", ["v1.0", "v2.0"]), ("test.csv", ["v1.0", "v3.0"])):
        lines = [f"{i},{words[i % 2]},{'ab'[i % 3 > 0]}" for i in range(30)]
        (tmp_path / name).write_text("\n".join(["size,version,y", *lines]))
    preset = "dataset: {csv: t.csv, target: y, test: test.csv}\ntraining: {epochs: 1}\n"
    (tmp_path / "p.yaml").write_text(preset)
    run = train(str(tmp_path / "p.yaml"))
    rows = [reply["row"] for reply in ask(run, *[{"another": True}] * 29)]
    assert {row["version"] for row in rows} == {"v1.0", "v3.0"}
    known = next(row for row in rows if row["version"] == "v1.0")
    unknown = next(row for row in rows if row["version"] == "v3.0")
    same, wrong = ask(run, {"row": known}, {"row": unknown})[1:]
    assert "probabilities" in same
    assert wrong["error"].startswith('"version" never was "v3.0" in training')
