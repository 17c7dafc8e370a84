"""ONNX and torch.export programs take raw rows and answer as the run does."""

import io
import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tables import write_table

from tui_lab.data.numbers import described, numbers
from tui_lab.data.prepare import prepare, split
from tui_lab.data.table import load
from tui_lab.training.export import write
from tui_lab.training.loop import predict
from tui_lab.training.trained import trained

EVERY_LAYER = [
    {"Conv2d": {"out_channels": 4, "kernel_size": 3}}, "BatchNorm2d", "ELU", {"AvgPool2d": 2},
    "SiLU", {"MaxPool2d": 2}, "Flatten", {"Linear": 16}, "BatchNorm1d", "GELU", "LayerNorm",
    {"Dropout": 0.2}, "Tanh", {"Linear": 12}, "LeakyReLU", "Sigmoid", {"Linear": 10},
]  # fmt: skip
SHORT = {"training": {"epochs": 2}}
CASES = {
    "dense": {"dataset": {"name": "digits"}, **SHORT},
    "every layer": {"dataset": {"name": "digits"}, "layers": EVERY_LAYER, **SHORT},
    "one logit": {
        "dataset": {"name": "circles", "rows": 200},
        "layers": [{"Linear": 4}, "ReLU", {"Linear": 1}],
        "loss": "BCEWithLogitsLoss",
        **SHORT,
    },
    "one probability": {
        "dataset": {"name": "circles", "rows": 200, "scale": False},
        "layers": [{"Linear": 4}, "ReLU", {"Linear": 1}, "Sigmoid"],
        "loss": "BCELoss",
        **SHORT,
    },
    "table of classes": "class",
    "table of numbers": "price",
}


def onnx_answers(path, rows):
    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"rows": rows}), strict=True))


def pt2_answers(path, rows):
    program = torch.export.load(io.BytesIO(path.read_bytes())).module()
    return {name: x.numpy() for name, x in program(torch.from_numpy(rows)).items()}


def own(run):
    """The test rows as read, and what the trained network gives for them."""
    dataset = run.experiment.dataset
    table = load(dataset)
    raw = numbers(table.features, described(table.features))[split(table, dataset)[2]]
    found = trained(run)
    x = torch.from_numpy(prepare(dataset).test.x).reshape(-1, *found.net.enters)
    return raw, predict(found.network, x, 1000).numpy(), found


@pytest.mark.parametrize("case", CASES)
def test_raw_rows_give_the_runs_own_outputs(train, tmp_path, case):
    what = CASES[case]
    what = write_table(tmp_path / "t.csv", what) if isinstance(what, str) else what
    run = train(what)
    rows, outputs, found = own(run)
    assert np.isnan(rows).any() == isinstance(CASES[case], str)
    for kind, answers in (("onnx", onnx_answers), ("pt2", pt2_answers)):
        path = tmp_path / f"network.{kind}"
        write(kind, run, path)
        for count in (1, 2, len(rows)):
            given = answers(path, rows[:count])
            assert np.abs(given["outputs"] - outputs[:count]).max() < 1e-5
            if found.saved.classes:
                assert given["probabilities"].shape == (count, len(found.saved.classes))
                assert given["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-5)
            else:
                spread, mean = found.saved.target_deviation, found.saved.target_mean
                in_units = outputs[:count, 0].astype(float) * spread + mean
                assert given["values"] == pytest.approx(in_units, rel=1e-6)


def test_what_the_columns_and_classes_are_called_is_in_the_file(train, tmp_path):
    run = train(write_table(tmp_path / "t.csv"))
    for kind in ("onnx", "pt2"):
        write(kind, run, tmp_path / f"n.{kind}")
    model = onnx.load(tmp_path / "n.onnx")
    onnx.checker.check_model(model)
    told = {entry.key: entry.value for entry in model.metadata_props}
    columns = ["size", "weight", "kind=3", "kind=ash", "kind=oak", "sold=false", "sold=true"]
    columns.append("price")
    assert json.loads(told["columns"]) == columns
    assert (told["target"], told["task"]) == ("class", "classification")
    assert json.loads(told["classes"]) == ["a", "b", "c"]
    extra = {"tui-lab.json": ""}
    torch.export.load(io.BytesIO((tmp_path / "n.pt2").read_bytes()), extra_files=extra)
    assert json.loads(extra["tui-lab.json"])["columns"] == columns


def test_a_run_whose_data_is_gone_is_compared_on_drawn_rows(train, tmp_path):
    run = train(write_table(tmp_path / "t.csv"))
    (tmp_path / "t.csv").unlink()
    write("pt2", run, tmp_path / "n.pt2")
    row = np.full((1, 8), np.nan)
    assert pt2_answers(tmp_path / "n.pt2", row)["probabilities"].shape == (1, 3)


def test_exporting_is_silent(train, tmp_path, capfd):
    run = train("iris", "training.epochs=1")
    capfd.readouterr()
    write("onnx", run, tmp_path / "n.onnx")
    write("pt2", run, tmp_path / "n.pt2")
    assert capfd.readouterr() == ("", "")
