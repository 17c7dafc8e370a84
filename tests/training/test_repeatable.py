"""The same experiment gives the same events and the same weights, bit for bit."""

import pytest
import torch

from tui_lab.training import device as devices
from tui_lab.training import trainer

DROPOUT_AND_NORM = {
    "dataset": {"name": "moons", "rows": 150},
    "layers": [{"Linear": 8}, "BatchNorm1d", "ReLU", {"Dropout": 0.3}, {"Linear": 2}],
    "training": {"epochs": 4, "seed": 3},
}
KINDS = {
    "momentum": {"optimizer": {"SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True}}},
    "adam": {"optimizer": {"Adam": 0.01}},
    "one cycle": {"optimizer": {"AdamW": 0.01}, "schedule": "OneCycleLR"},
    "clipped": {"optimizer": {"RMSprop": 0.01}, "schedule": {"StepLR": 1}},
}


def bits(run):
    return [run.file(name).read_bytes() for name in ("events.jsonl", "weights.safetensors")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_twice_is_the_same_bits(train, kind):
    first, second = (train({**DROPOUT_AND_NORM, **KINDS[kind]}) for _ in range(2))
    assert bits(first) == bits(second)


@pytest.mark.parametrize("where", ["training", "dataset"])
def test_another_seed_gives_other_bits(train, where):
    other = {**DROPOUT_AND_NORM, where: {**DROPOUT_AND_NORM[where], "seed": 4}}
    assert bits(train(other))[1] != bits(train(DROPOUT_AND_NORM))[1]


def test_convolutions_are_repeatable(train):
    first, second = (train("digits_conv", "training.epochs=1") for _ in range(2))
    assert bits(first) == bits(second)


def test_a_warm_trainer_gives_the_same_bits_as_a_cold_one(train):
    cold = train(DROPOUT_AND_NORM)
    trainer.warm_up()
    torch.rand(5)
    assert bits(train(DROPOUT_AND_NORM)) == bits(cold)


def test_measuring_devices_changes_no_bit(train, monkeypatch):
    alone = train(DROPOUT_AND_NORM)
    monkeypatch.setattr(devices, "devices", lambda: ["cpu", "cpu:0"])
    measured = train(DROPOUT_AND_NORM)
    assert "fastest" in measured.summary()["why_device"]
    assert bits(measured)[1] == bits(alone)[1]
