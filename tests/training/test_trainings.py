"""Trainings at the edges of what can be asked for, each by the real trainer."""

import itertools
import json
import math

import pytest
from told import events, state, why

from tui_lab.errors import BadInput
from tui_lab.experiment import layers as L
from tui_lab.experiment import optimizers
from tui_lab.experiment.network import network
from tui_lab.experiment.work import rows_at_once
from tui_lab.runs.record import Record
from tui_lab.training import memory
from tui_lab.training.loop import batches
from tui_lab.training.trainer import Trainer

SMALL = {
    "dataset": {"name": "moons", "rows": 60, "batch_size": 16},
    "layers": [{"Linear": 4}, "Tanh", {"Linear": 2}],
    "training": {"epochs": 3},
}


def small(**changes):
    return {**SMALL, **changes}


def test_no_learning_rate_moves_nothing(train):
    run = train(small(optimizer={"SGD": 0}))
    losses = [event["validation"]["loss"] for event in events(run, "epoch")]
    assert losses[0] == losses[1] == losses[2]


def test_a_network_that_is_all_frozen_is_judged_as_it_is(train):
    frozen = [{"Linear": {"out_features": 2, "frozen": True}}]
    run = train(small(layers=frozen))
    assert state(run) == "finished"
    assert run.summary()["parameters"] == {"total": 6, "trainable": 0}
    assert [event["lr"] for event in events(run, "epoch")] == [0, 0, 0]


def test_a_batch_larger_than_the_data_is_all_of_it(train):
    run = train(small(dataset={"name": "moons", "rows": 60, "batch_size": 1_000_000}))
    assert events(run, "started")[0]["batches"] == 1


def test_batch_norm_leaves_a_last_single_row_out(train):
    layers = [{"Linear": 4}, "BatchNorm1d", {"Linear": 2}]
    run = train(small(layers=layers, dataset={"name": "moons", "rows": 60, "batch_size": 41}))
    started = events(run, "started")[0]
    assert started["rows"]["train"] == 42
    assert started["batches"] == 1
    assert state(run) == "finished"


def test_batches_cover_every_row_once():
    for rows, size, least in itertools.product(range(2, 12), range(1, 12), (1, 2)):
        bounds = batches(rows, size, least)
        covered = [row for start, stop in bounds for row in range(start, stop)]
        assert covered == list(range(len(covered)))
        assert rows - len(covered) == (rows % size if rows % size < least else 0) or size == 1


@pytest.mark.parametrize("schedule", optimizers.Schedule.kinds())
@pytest.mark.parametrize("optimizer", optimizers.Optimizer.kinds())
def test_every_schedule_moves_the_rate_of_every_optimizer(train, schedule, optimizer):
    fast = {"StepLR": {"step_size": 1}, "ReduceLROnPlateau": {"patience": 0}}
    run = train(
        small(
            optimizer={optimizer: 0.0 if schedule == "ReduceLROnPlateau" else 0.01},
            schedule={schedule: fast.get(schedule, {})},
            training={"epochs": 4, "clip_grad_norm": 1.0},
        )
    )
    assert state(run) == "finished"
    rates = [event["lr"] for event in events(run, "epoch")]
    assert len(set(rates)) > 1 or schedule == "ReduceLROnPlateau"


def test_a_plateau_lowers_the_rate(train):
    run = train(
        small(
            layers=[{"Linear": {"out_features": 2, "initialisation": "zeros"}}],
            optimizer={"SGD": 1e-30},
            schedule={"ReduceLROnPlateau": {"patience": 1, "factor": 0.5}},
            training={"epochs": 5},
        )
    )
    rates = [event["lr"] for event in events(run, "epoch")]
    assert rates == pytest.approx([1e-30] * 3 + [0.5e-30] * 2)


def test_one_cycle_goes_up_to_max_lr_and_down_again(train):
    run = train(
        small(
            optimizer={"SGD": 0.01},
            schedule={"OneCycleLR": {"max_lr": 0.5}},
            training={"epochs": 20},
        )
    )
    rates = [event["lr"] for event in events(run, "epoch")]
    assert rates[0] == pytest.approx(0.5 / 25)
    assert 0.4 < max(rates) <= 0.5
    assert rates[-1] < 0.01


def test_early_stopping_ends_after_its_patience_and_keeps_the_best_epoch(train):
    run = train(
        small(
            optimizer={"SGD": 0},
            training={"epochs": 50, "early_stopping": {"patience": 3}},
        )
    )
    assert len(events(run, "epoch")) == 4
    assert run.summary()["best_epoch"] == 1
    assert "early stopping" in why(run)


def test_min_delta_ends_training_but_does_not_choose_the_weights(train):
    run = train(
        small(
            optimizer={"SGD": 0.01},
            training={"epochs": 50, "early_stopping": {"patience": 5, "min_delta": 1000}},
        )
    )
    losses = [event["validation"]["loss"] for event in events(run, "epoch")]
    assert len(losses) == 6
    assert run.summary()["best_epoch"] == losses.index(min(losses)) + 1 > 1


@pytest.mark.parametrize(("epochs", "pct_start"), [(10, 0.1), (2, 0.5)])
def test_one_cycle_may_go_up_in_a_single_step(train, epochs, pct_start):
    run = train(
        small(
            schedule={"OneCycleLR": {"pct_start": pct_start}},
            training={"epochs": epochs},
            dataset={"name": "moons", "rows": 100, "batch_size": 1000},
        )
    )
    assert len(events(run, "epoch")) == epochs


def test_the_weights_and_tables_are_those_of_the_best_epoch(train):
    run = train("6.3-overfitting", "training.epochs=60")
    best = run.summary()["best_epoch"]
    losses = [event["validation"]["loss"] for event in events(run, "epoch")]
    assert losses[best - 1] == min(losses) < losses[-1]
    assert run.summary()["validation"]["loss"] == pytest.approx(min(losses))


def test_the_train_loss_of_an_epoch_is_the_mean_over_its_samples(train):
    run = train(small(dataset={"name": "moons", "rows": 60, "batch_size": 40}))
    first, second = (event["loss"] for event in events(run, "batch")[:2])
    told = events(run, "epoch")[0]["train"]["loss"]
    assert told == pytest.approx((40 * first + 2 * second) / 42)


def test_a_stop_before_training_begins_still_leaves_tables(new_run):
    run = new_run(SMALL)
    record = Record(run)
    run.ask(do="stop")
    Trainer(run, record).train()
    assert state(run) == "stopped"
    assert len(events(run, "batch")) == 0
    assert math.isfinite(run.summary()["test"]["loss"])
    assert run.file("weights.safetensors").is_file()


def test_a_device_that_is_not_here_is_refused_with_those_that_are(new_run):
    run = new_run({**SMALL, "training": {"device": "cuda:77"}})
    with pytest.raises(BadInput, match=r'no device "cuda:77" here; there is: cpu'):
        Trainer(run, Record(run))


def test_a_network_larger_than_any_memory_is_refused(new_run):
    layers = [{"Linear": 1_000_000}, {"Linear": 1_000_000}, {"Linear": 2}]
    run = new_run(small(layers=layers))
    with pytest.raises(BadInput, match=r"takes about 18\.2 TiB of memory"):
        Trainer(run, Record(run))


def test_a_network_larger_than_the_memory_that_is_free_is_refused(new_run, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 100_000)
    run = new_run(small(layers=[{"Linear": 10_000}, {"Linear": 2}]))
    with pytest.raises(BadInput, match=r"memory, but only 97\.7 KiB are free; try a smaller"):
        Trainer(run, Record(run))


def test_large_layers_are_evaluated_in_small_chunks():
    wide = network((3, 100, 100), (L.Conv2d(out_channels=64),))
    assert rows_at_once(wide) == 2**24 // (64 * 98 * 98)


def test_files_hold_only_json_numbers(train):
    run = train(SMALL)
    lines = run.file("events.jsonl").read_text().splitlines()
    for text in [*lines, *(run.file(f"{name}.json").read_text() for name in ("status", "summary"))]:
        json.loads(text, parse_constant=pytest.fail)
