"""A loss that is no number ends the run within the step, and says where and what to try."""

import math
import re

import pytest
import torch
from told import events, state, why

from tui_lab.runs.record import Record
from tui_lab.training.divergence import first_not_finite
from tui_lab.training.session import Session
from tui_lab.training.trainer import Trainer

REGRESSION = {
    "dataset": {"name": "plane", "rows": 200, "batch_size": 10},
    "layers": [{"Linear": 8}, "ReLU", {"Linear": 1}],
    "loss": "MSELoss",
    "training": {"epochs": 5},
}


@pytest.mark.parametrize("loss", ["MSELoss", "L1Loss", "SmoothL1Loss"])
@pytest.mark.parametrize("lr", [1e3, 1e30, 1e38])
def test_a_regression_that_explodes(train, loss, lr):
    run = train({**REGRESSION, "loss": loss, "optimizer": {"SGD": {"lr": lr, "momentum": 0.9}}})
    if loss == "MSELoss" or lr > 1e3:
        assert state(run) == "diverged"
    if state(run) == "diverged":
        is_told_well(run)


@pytest.mark.parametrize(
    ("loss", "end"),
    [("BCELoss", [{"Linear": 1}, "Sigmoid"]), ("BCEWithLogitsLoss", [{"Linear": 1}]),
     ("CrossEntropyLoss", [{"Linear": 2}])],
)  # fmt: skip
def test_a_classification_that_explodes(train, loss, end):
    run = train(
        {
            "dataset": {"name": "moons", "rows": 200, "batch_size": 10},
            "layers": [{"Linear": 8}, "ReLU", {"Linear": 8}, "ReLU", *end],
            "loss": loss,
            "optimizer": {"SGD": 1e38},
        }
    )
    assert state(run) == "diverged"
    is_told_well(run)


def is_told_well(run):
    text = why(run)
    step, epoch, batch = map(
        int, re.search(r"at step (\d+) \(epoch (\d+), batch (\d+)\)", text).groups()
    )
    batches = events(run, "started")[0]["batches"]
    assert step == (epoch - 1) * batches + batch
    assert re.search(r"layer \d, \w+|too large for the loss", text), text
    assert "try a smaller lr" in text
    assert events(run, "batch")[-1] == {"event": "batch", "step": step, "loss": None}
    told = [event["loss"] for event in events(run, "batch")[:-1]]
    assert len(told) == step - 1
    assert all(map(math.isfinite, told))
    assert events(run, "ended")[0]["state"] == "diverged"
    assert "test" not in run.summary()


def test_the_step_that_finds_it_spoils_no_weights(new_run):
    run = new_run({**REGRESSION, "optimizer": {"SGD": 1e30}})
    trainer = Trainer(run, Record(run))
    trainer.train()
    assert all(p.isfinite().all() for p in trainer.session.network.parameters())


def test_weights_that_fail_in_the_last_step_are_found_by_the_validation(train):
    run = train(
        {
            **REGRESSION,
            "dataset": {"name": "plane", "rows": 200, "batch_size": 1000},
            "optimizer": {"SGD": 1e38},
            "training": {"epochs": 1},
        }
    )
    assert state(run) == "diverged"
    assert re.search(r"the validation loss became \w+ in epoch 1", why(run))
    assert not run.file("weights.safetensors").exists()


def test_the_best_weights_before_it_are_kept(new_run, monkeypatch):
    run = new_run({**REGRESSION, "optimizer": {"SGD": 0.01}})
    trainer = Trainer(run, Record(run))
    told = trainer.session.end_epoch

    def explode(self, loss):
        told(loss)
        self.step.optimizer.param_groups[0]["lr"] = 1e30

    monkeypatch.setattr(Session, "end_epoch", explode)
    trainer.train()
    assert state(run) == "diverged"
    assert run.summary()["best_epoch"] == 1
    assert run.file("weights.safetensors").is_file()


def test_the_first_layer_to_fail_is_named():
    network = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU(), torch.nn.Linear(1, 1))
    with torch.no_grad():
        for layer in (network[0], network[2]):
            layer.weight.fill_(1e30)
    assert "outputs of layer 3, Linear" in first_not_finite(network, torch.ones(1, 1))
    assert "outputs are finite" in first_not_finite(network, torch.zeros(1, 1))
    with torch.no_grad():
        network[2].bias.fill_(math.nan)
    assert "parameters of layer 3, Linear" in first_not_finite(network, torch.zeros(1, 1))
