"""Exported weights are those of an nn.Sequential that anyone can write by hand."""

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from tui_lab.data.prepare import prepare
from tui_lab.errors import BadInput, Failure
from tui_lab.experiment.experiment import Experiment
from tui_lab.training import export
from tui_lab.training.export import write
from tui_lab.training.tensor_file import read_tensors


def dense_digits():
    return nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)
    )


def convolutional_digits():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def diabetes():
    return nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))


def exported(run, kind, folder):
    path = folder / f"weights.{kind}"
    write(kind, run, path)
    return torch.load(path, weights_only=True) if kind == "pt" else load_file(path)


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
@pytest.mark.parametrize(
    ("preset", "by_hand", "shape"),
    [("digits", dense_digits, (64,)), ("digits_conv", convolutional_digits, (1, 8, 8))],
)
def test_a_classifier_gives_the_reported_accuracy(train, tmp_path, kind, preset, by_hand, shape):
    run = train(preset, "training.epochs=3")
    network = by_hand().eval()
    network.load_state_dict(exported(run, kind, tmp_path), strict=True)
    test = prepare(run.experiment.dataset).test
    with torch.no_grad():
        given = network(torch.from_numpy(test.x).reshape(-1, *shape)).argmax(1).numpy()
    assert (given == test.y).mean() == pytest.approx(run.summary()["test"]["accuracy"], abs=1e-12)


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_a_regression_gives_the_reported_rmse(train, tmp_path, kind):
    run = train("diabetes", "training.epochs=5")
    network = diabetes().eval()
    network.load_state_dict(exported(run, kind, tmp_path), strict=True)
    prepared = prepare(run.experiment.dataset)
    with torch.no_grad():
        given = network(torch.from_numpy(prepared.test.x)).flatten().double()
    wrong = (given - torch.from_numpy(prepared.test.y)) * prepared.preparation.target_deviation
    rmse = float(wrong.square().mean().sqrt())
    assert rmse == pytest.approx(run.summary()["test"]["rmse"], rel=1e-6)


def test_the_first_weights_of_a_script_are_those_that_were_loaded_and_no_more(new_run, tmp_path):
    numbers = torch.arange(600.0)  # of which the layers use a part
    mine = {"0.weight": numbers[:64].reshape(4, 16).t(), "0.bias": numbers[:16], "9.bias": numbers}
    torch.save(mine, tmp_path / "mine.pt")
    weights = f"weights={{from: {tmp_path / 'mine.pt'}, layers: 1}}"
    write("initial", new_run("iris", "layers=[{Linear: 16}, {Linear: 3}]", weights), tmp_path / "w")
    found = torch.load(tmp_path / "w", weights_only=True)
    assert found.keys() == {"0.weight", "0.bias"}
    assert all(torch.equal(found[name], mine[name]) for name in found)
    assert sum(tensor.untyped_storage().nbytes() for tensor in found.values()) == 4 * (64 + 16)


@pytest.mark.parametrize("kind", ["pt", "safetensors", "onnx", "pt2"])
def test_damaged_weights_are_refused_and_an_older_file_stays(train, tmp_path, kind):
    run = train("iris", "training.epochs=1")
    weights = run.file("weights.safetensors")
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(content)
    path = tmp_path / "out"
    path.write_text("older")
    with pytest.raises(BadInput, match=r"weights\.safetensors: is damaged"):
        write(kind, run, path)
    assert path.read_text() == "older"


@pytest.mark.parametrize(("kind", "damage"), [("pt", "torch.load"), ("onnx", "onnx_answers")])
def test_a_file_that_reads_back_differently_is_not_written(
    train, tmp_path, monkeypatch, kind, damage
):
    run = train("iris", "training.epochs=1")
    if kind == "pt":
        monkeypatch.setattr(torch, "load", lambda *_, **__: {"0.weight": torch.zeros(1)})
    else:
        wrong = export._program(lambda *_: b"", lambda _, rows: {"outputs": rows})
        monkeypatch.setitem(export.WRITERS, "onnx", wrong)
    with pytest.raises(Failure, match="nothing is written"):
        write(kind, run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_weights_tell_the_layers_that_they_belong_to(train):
    run = train("digits_conv", "training.epochs=1")
    _, about = read_tensors(run.file("weights.safetensors"))
    assert about["enters"] == [1, 8, 8]
    told = Experiment.model_validate({"dataset": {"name": "digits"}, "layers": about["layers"]})
    assert told.layers == run.experiment.layers
    assert (about["target"], about["task"]) == ("digit", "classification")
    assert about["classes"] == [str(digit) for digit in range(10)]
