"""The device that trains is the fastest one, or the one that was asked for."""

import math

import pytest
import torch
from torch import nn

from tui_lab.errors import BadInput
from tui_lab.experiment import layers as L
from tui_lab.experiment import work
from tui_lab.experiment.network import network
from tui_lab.training import device as devices
from tui_lab.training.loop import Rows, Step

BATCH = Rows(torch.randn(8, 4), torch.zeros(8, dtype=torch.long))


def step() -> Step:
    return Step(nn.Sequential(nn.Linear(4, 3), nn.Dropout()), nn.CrossEntropyLoss(), None)


@pytest.mark.parametrize(("cpu", "cuda", "best"), [(0.001, 0.002, "cpu"), (0.02, 0.003, "cuda:0")])
def test_auto_takes_the_faster_and_says_so(monkeypatch, cpu, cuda, best):
    times = {"cpu": cpu, "cuda:0": cuda}
    monkeypatch.setattr(devices, "devices", lambda: list(times))
    monkeypatch.setattr(devices, "seconds_a_step", lambda device, *_: times[str(device)])
    chosen, why = devices.choose("auto", step(), BATCH)
    assert str(chosen) == best
    told = f"cpu {cpu * 1e3:.2f} ms, cuda:0 {cuda * 1e3:.2f} ms"
    assert why == f"{best}, the fastest for this network (a step takes: {told})"


def test_auto_without_a_choice_measures_nothing(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: ["cpu"])
    monkeypatch.setattr(devices, "seconds_a_step", pytest.fail)
    assert devices.choose("auto", step(), BATCH) == (
        torch.device("cpu"),
        "cpu, the only device here",
    )


def test_an_asked_for_device_is_taken_unmeasured(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: ["cpu", "cuda:0"])
    monkeypatch.setattr(devices, "seconds_a_step", pytest.fail)
    assert devices.choose("cuda", step(), BATCH)[0] == torch.device("cuda:0")
    assert devices.choose("cpu", step(), BATCH)[1] == "cpu, as asked"


def test_a_device_that_is_not_here_is_refused_with_those_that_are(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: ["cpu", "mps"])
    with pytest.raises(BadInput, match='no device "cuda:1" here; there is: cpu, mps'):
        devices.choose("cuda:1", step(), BATCH)


def test_measuring_moves_neither_weights_nor_random_numbers():
    measured = step()
    before = [p.clone() for p in measured.network.parameters()]
    random = torch.get_rng_state()
    assert 0 < devices.seconds_a_step(torch.device("cpu"), measured, BATCH) < math.inf
    assert all(map(torch.equal, before, measured.network.parameters()))
    assert all(p.grad is None for p in measured.network.parameters())
    assert torch.equal(random, torch.get_rng_state())


def test_a_device_that_is_too_small_is_never_the_fastest(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(devices, "_measured", full)
    assert devices.seconds_a_step(torch.device("cpu"), step(), BATCH) == math.inf


def test_small_networks_get_one_thread_and_large_ones_all(monkeypatch):
    monkeypatch.setattr(work.os, "cpu_count", lambda: 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    small = network((64,), (L.Linear(out_features=64), L.ReLU(), L.Linear(out_features=10)))
    large = network((784,), (L.Linear(out_features=1024), L.Linear(out_features=1024)))
    pixels = network((8, 64, 64), (L.Conv2d(out_channels=16),))
    assert devices.set_threads(small, 32) == torch.get_num_threads() == 1
    assert devices.set_threads(large, 32) == torch.get_num_threads() == 2
    assert devices.set_threads(pixels, 32) == 2


@pytest.mark.parametrize(("asked", "threads"), [("1", 1), ("3", 3), ("", 2), ("0", 2), ("2,1", 2)])
def test_as_many_cores_are_used_as_omp_num_threads_says(monkeypatch, asked, threads):
    monkeypatch.setattr(work.os, "cpu_count", lambda: 2)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    large = network((784,), (L.Linear(out_features=1024), L.Linear(out_features=1024)))
    assert work.threads_for(large, 32) == threads
