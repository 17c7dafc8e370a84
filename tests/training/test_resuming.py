"""Going on from any checkpoint gives the same bits as never having stopped."""

import contextlib
import json
import shutil

import pytest
from told import events, state, train_run, why

from tui_lab.errors import BadInput
from tui_lab.experiment.optimizers import Optimizer, Schedule
from tui_lab.runs.checkpoints import checkpoint_name, checkpoints
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training import checkpoints as writing
from tui_lab.training import pace
from tui_lab.training.tensor_file import read_tensors, tensor_bytes
from tui_lab.training.trainer import Trainer

BASE = {
    "dataset": {"name": "moons", "rows": 120},
    "layers": [{"Linear": 8}, "BatchNorm1d", "ReLU", {"Dropout": 0.3}, {"Linear": 2}],
    "optimizer": {"SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}},
    "training": {"epochs": 3, "seed": 3},
}
KINDS = {
    **{name: {"optimizer": name} for name in Optimizer.kinds()},
    **{name: {"schedule": name} for name in Schedule.kinds()},
    "StepLR each epoch": {"schedule": {"StepLR": {"step_size": 1, "gamma": 0.5}}},
    "an impatient plateau": {"schedule": {"ReduceLROnPlateau": {"patience": 0, "factor": 0.5}}},
    "early stopping": {
        "training": {"epochs": 30, "seed": 3, "early_stopping": {"patience": 2, "min_delta": 0.05}}
    },
    "no shuffling, clipped": {
        "dataset": {"name": "moons", "rows": 120, "shuffle": False},
        "training": {"epochs": 3, "clip_grad_norm": 0.1},
    },
    "a regression": {
        "dataset": {"name": "sine", "rows": 120},
        "layers": [{"Linear": 8}, "Tanh", {"Linear": 1}],
    },
    "moved pictures": {
        "dataset": {"name": "digits", "batch_size": 500},
        "layers": [{"Linear": 10}],
        "augmentation": ["Shift", "Flip", "Rotate", "Erase"],
    },
    "noise and mixup": {"augmentation": ["Noise", "Mixup"]},
    "pictures": {
        "dataset": {"name": "digits", "batch_size": 500},
        "layers": [{"Conv2d": 2}, "BatchNorm2d", "ReLU", "Flatten", {"Linear": 10}],
    },
}


@pytest.fixture
def every_batch(monkeypatch):
    """A checkpoint after each batch, and all of them kept."""
    monkeypatch.setattr(pace, "SLICE_SECONDS", 0)
    monkeypatch.setattr(writing, "LEAST_SECONDS", -1.0)
    monkeypatch.setattr(writing, "SHARE", 0)
    monkeypatch.setattr(writing, "KEPT", 1000)


def copied(run: Run, name: str) -> Run:
    return Run(shutil.copytree(run.folder, run.folder.with_name(name)))


def go_on(run: Run, **how: object) -> Run:
    run.ask(do="resume", **how)
    train_run(run)
    return run


def bits(run: Run) -> list[object]:
    summary = run.summary()
    files = [run.file(name).read_bytes() for name in ("events.jsonl", "weights.safetensors")]
    assert summary.pop("seconds") > 0
    summary.pop("tested")
    return [*files, summary]


@pytest.mark.parametrize("kind", KINDS)
def test_from_every_checkpoint_the_end_is_the_same(train, every_batch, kind):
    straight = train({**BASE, **KINDS[kind]})
    found = checkpoints(straight)
    assert len({checkpoint.step for checkpoint in found}) >= 6
    for checkpoint in found:
        run = copied(straight, f"{checkpoint.path.stem}")
        assert bits(go_on(run, checkpoint=checkpoint.path.name)) == bits(straight), (
            checkpoint.path.name
        )
        assert run.status()["resumed"] == 1
        assert run.summary()["tested"] == 2


def test_without_any_checkpoint_it_begins_again_says_so_and_ends_the_same(train):
    straight = train(BASE)
    run = copied(straight, "bare")
    shutil.rmtree(run.file("checkpoint"))
    assert bits(go_on(run)) == bits(straight)
    assert run.status()["notes"] == ["there was no checkpoint, so it began again"]


def test_more_epochs_are_as_if_they_had_been_asked_for_at_first(train):
    short, long = train(BASE), train({**BASE, "training": {"epochs": 7, "seed": 3}})
    short.ask(do="resume", changes=["training.epochs=7"])
    train_run(short)
    assert state(short) == "finished"
    assert short.file("weights.safetensors").read_bytes() == bits(long)[1]
    assert events(short, "epoch") == events(long, "epoch")
    assert short.summary()["test"] == long.summary()["test"]
    assert events(short, "changed") == [
        {"event": "changed", "epoch": 3, "step": 9, "changes": ["training.epochs=7"]}
    ]


@pytest.mark.parametrize("schedule", [None, *Schedule.kinds()])
def test_changes_are_made_again_in_their_places(new_run, every_batch, schedule):
    """Also when the training is cut off right after a change, or goes on from before it."""
    data = {**BASE, "schedule": schedule, "training": {"epochs": 4, "seed": 3}}
    asked = {
        4: ["optimizer.lr=0.02", "dropout=0.6"],
        6: ["training.epochs=6"],
        8: ["optimizer.momentum=0.5", "optimizer.weight_decay=0.0"],
    }
    run = steered_run(new_run, data, asked)
    assert [event["step"] for event in events(run, "changed")] == [4, 6, 8]
    assert len(events(run, "epoch")) == 6
    for checkpoint in checkpoints(run):
        again = copied(run, f"{checkpoint.path.stem}")
        assert bits(go_on(again, checkpoint=checkpoint.step)) == bits(run), checkpoint.path.name


def test_a_rate_that_is_set_is_the_rate_from_the_next_batch_on(new_run):
    run = new_run({**BASE, "training": {"epochs": 3}})
    run.ask(do="set", changes=["optimizer.lr=0.025"])
    train_run(run)
    assert [event["lr"] for event in events(run, "epoch")] == [0.025] * 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("layers.1.out_features=9", "not layers"),
        ("loss=MSELoss", "not loss"),
        ("dataset.batch_size=4", "not dataset"),
        ("training.seed=4", "not training.seed"),
        ("training.epochs=0", "at least 1"),
        ("optimizer.lr=-1", "at least 0"),
        ("optimizer.speed=3", "unknown key"),
        ("nonsense", "key=value"),
    ],
)
def test_a_change_that_no_training_can_make_is_refused_and_changes_nothing(
    new_run, train, change, says
):
    run = new_run(BASE)
    run.ask(do="set", changes=[change])
    train_run(run)
    assert says in run.status()["refused"]
    assert bits(run) == bits(train(BASE))


def test_a_run_that_ended_is_not_trained_again_without_being_asked(train):
    run = train(BASE)
    with pytest.raises(BadInput, match="has been trained already; tui-lab resume"):
        Record(run)


def test_changes_that_were_asked_for_are_made_even_if_the_first_trainer_died(train):
    """At once after it was started, before it had made them."""
    straight, cut = train(BASE), train(BASE)
    for run, deaths in ((straight, 0), (cut, 2)):
        changes = ["optimizer.lr=0.3", "training.epochs=5"]
        run.ask(do="resume", checkpoint="best", changes=changes)
        for _ in range(deaths):
            with contextlib.closing(Record(run)) as record:
                Trainer(run, record)  # it has gone back, and dies
            run.ask(do="resume")
        train_run(run)
    assert events(cut, "changed") == events(straight, "changed") != []
    assert bits(cut) == bits(straight)


def steered_run(new_run, data, asked) -> Run:
    """A run with changes asked for after some of its steps."""
    run = new_run(data)
    with contextlib.closing(Record(run)) as record:
        trainer = Trainer(run, record)
        called = trainer._is_called

        def is_called():
            if changes := asked.pop(trainer.at.step, None):
                record.ask(do="set", changes=changes)
                trainer.listen.look()
            return called() or bool(changes)

        trainer._is_called = is_called
        trainer.train()
    assert not asked
    return run


def test_changes_on_the_way_are_made_again_after_any_number_of_deaths(new_run, every_batch):
    data = {**BASE, "training": {"epochs": 4, "seed": 3}}
    run = steered_run(new_run, data, {8: ["dropout=0.6"], 10: ["optimizer.lr=0.3"]})
    cut = copied(run, "cut")
    cut.ask(do="resume", checkpoint="4")
    for _ in range(2):
        with contextlib.closing(Record(cut)) as record:
            Trainer(cut, record)
        cut.ask(do="resume")
    train_run(cut)
    assert bits(cut) == bits(run)


@pytest.mark.parametrize("rows", [60, 100, 400])
def test_another_number_of_rows_by_force_begins_the_epoch_anew(train, every_batch, tmp_path, rows):
    table = tmp_path / "table.csv"

    def write(count):
        lines = [f"{i % 7},{i % 5},{'yes' if i % 7 > 3 else 'no'}" for i in range(count)]
        table.write_text("\n".join(["a,b,kind", *lines]))

    write(140)
    data = {"csv": str(table), "target": "kind", "batch_size": 32}
    run = train({"dataset": data, "schedule": "OneCycleLR", "training": {"epochs": 4}})
    write(rows)
    for step in (7, 8, 10):
        other = copied(run, f"from-{step}")
        go_on(other, checkpoint=str(step), force=True)
        assert state(other) == "finished"
        told = [event["train"]["loss"] for event in events(other, "epoch")]
        assert len(told) == 4
        assert all(0 < loss < 5 for loss in told)
        go_on(other)
        assert "the data has changed since the training began" in other.status()["notes"]


def test_a_stricter_early_stopping_in_mid_epoch_waits_for_its_end(new_run, every_batch):
    data = {**BASE, "optimizer": {"SGD": 1.0}, "training": {"epochs": 9, "seed": 3}}
    run = steered_run(new_run, data, {13: ["training.early_stopping={patience: 1}"]})
    for checkpoint in checkpoints(run):
        again = copied(run, checkpoint.path.stem)
        assert bits(go_on(again, checkpoint=checkpoint.path.name)) == bits(run)


@pytest.mark.parametrize("name", ["SGD", "RMSprop"])
def test_momentum_can_begin_while_training(train, name):
    run = train({**BASE, "optimizer": {name: {"lr": 0.01, "momentum": 0.0}}})
    go_on(run, changes=["optimizer.momentum=0.9", "training.epochs=5"])
    assert state(run) == "finished"


def test_going_back_to_a_checkpoint_with_other_settings_leaves_the_changes_behind(train):
    run = train(BASE)
    go_on(run, changes=["training.epochs=9", "optimizer.lr=1e30"])
    assert state(run) == "diverged"
    go_on(run, checkpoint="9", changes=["training.epochs=5"])
    assert state(run) == "finished"
    assert run.status()["changes"] == ["training.epochs=5"]


def test_only_damaged_checkpoints_are_refused_and_by_force_it_begins_again(train):
    run = train(BASE)
    before = bits(run)
    for checkpoint in checkpoints(run):
        checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:-1])
    with pytest.raises(BadInput, match=r"no checkpoint is whole .*; --force begins again"):
        go_on(run)
    assert bits(go_on(run, force=True)) == before


def test_a_folder_in_a_checkpoints_place_does_not_stop_the_next_one(train):
    """Also where the best epoch is the last, so that another checkpoint has the same step."""
    run = train(BASE)
    newest = run.file(checkpoint_name(9))
    newest.unlink()
    newest.mkdir()
    (best,) = (found for found in checkpoints(run) if found.is_best)
    best.path.rename(run.file(checkpoint_name(9, best=True)))
    assert state(go_on(run)) == "finished"
    assert newest.is_file()


def test_a_checkpoint_of_a_newer_version_is_refused(train):
    run = train(BASE)
    newest = checkpoints(run)[0].path
    tensors, about = read_tensors(newest)
    newest.write_bytes(tensor_bytes(tensors, about | {"version": 2}))
    with pytest.raises(BadInput, match="made by a newer tui-lab"):
        go_on(run)
    assert newest.exists()


@pytest.mark.parametrize(
    "nonsense",
    [{"events": -5}, {"epoch": "3"}, {"batch": 99}, {"changes": 5}, {"changes": [3]}, {"step": -1},
     {"seconds": "x"}, {"best": {}, "data": 7}, {"torch": None}, {"schedule": [1]}],
)  # fmt: skip
def test_a_checkpoint_that_makes_no_sense_is_refused_in_a_sentence(train, nonsense):
    run = train(BASE)
    for checkpoint in checkpoints(run):
        tensors, about = read_tensors(checkpoint.path)
        checkpoint.path.write_bytes(tensor_bytes(tensors, about | nonsense))
    before = run.file("events.jsonl").read_bytes()
    with pytest.raises(BadInput):
        go_on(run)
    assert run.file("events.jsonl").read_bytes() == before


def test_another_network_than_the_checkpoints_is_refused_with_the_shapes(train):
    run = train(BASE)
    wider = run.file("experiment.yaml").read_text().replace("out_features: 8", "out_features: 9")
    run.file("experiment.yaml").write_text(wider)
    before = run.file("events.jsonl").read_bytes()
    with pytest.raises(BadInput, match=r"doesn't belong to this run: .*\[8, 2\].*\[9, 2\]"):
        go_on(run)
    assert run.file("events.jsonl").read_bytes() == before


def test_what_was_asked_before_going_on_is_over(train):
    run = train(BASE)
    for do in ("pause", "stop", "kill"):
        run.ask(do=do)
    assert state(go_on(run)) == "finished"


def test_other_data_is_refused_and_with_force_is_marked(train, tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"{i % 7},{i % 5},{'yes' if i % 7 > 3 else 'no'}" for i in range(70)]
    table.write_text("\n".join(["a,b,kind", *rows]))
    about = {"dataset": {"csv": str(table), "target": "kind"}, "training": {"epochs": 2}}
    run = train(about)
    table.write_text("\n".join(["a,b,kind", *rows[:-1], "3,3,yes"]))
    before = run.file("events.jsonl").read_bytes()
    with pytest.raises(BadInput, match="the data has changed"):
        go_on(run)
    assert run.file("events.jsonl").read_bytes() == before
    go_on(run, force=True)
    assert "the data has changed since the training began" in run.status()["notes"]


def test_another_version_of_pytorch_is_told(train):
    run = train(BASE)
    newest = checkpoints(run)[0].path
    tensors, about = read_tensors(newest)
    newest.write_bytes(tensor_bytes(tensors, about | {"torch": "2.0.0"}))
    assert "trained by PyTorch 2.0.0" in go_on(run).status()["notes"][0]


def test_the_last_three_and_the_best_are_kept(train, every_batch, monkeypatch):
    monkeypatch.setattr(writing, "KEPT", 3)
    run = train({**BASE, "optimizer": {"SGD": 1.5}, "training": {"epochs": 8}})
    kept = checkpoints(run)
    assert [c.step for c in kept if not c.is_best] == [24, 23, 22]
    assert [c.step for c in kept if c.is_best] == [3 * run.summary()["best_epoch"]]


def test_a_diverged_training_keeps_checkpoints_of_finite_numbers(train, every_batch):
    run = train({**BASE, "layers": [{"Linear": 8}, {"Linear": 2}], "optimizer": {"SGD": 1e30}})
    assert "try a smaller lr" in why(run)
    for checkpoint in checkpoints(run):
        tensors, _ = read_tensors(checkpoint.path)
        assert all(x.isfinite().all() for n, x in tensors.items() if n.startswith("network"))


def test_a_checkpoint_says_what_it_is_in_json(train):
    _, about = read_tensors(checkpoints(train(BASE))[0].path)
    assert json.loads(json.dumps(about)) == about
    assert (about["epoch"], about["step"], about["version"]) == (3, 9, 1)


def test_the_way_that_was_left_is_never_gone_on_with(train, every_batch):
    run = train({**BASE, "training": {"epochs": 5, "seed": 3}})
    run.ask(do="resume", checkpoint="4", changes=["training.epochs=3", "optimizer.lr=0.3"])
    train_run(run)
    assert max(checkpoint.step for checkpoint in checkpoints(run)) == 9
    left = bits(run)
    assert bits(go_on(run)) == left


@pytest.mark.parametrize(
    "line", [b"[1]", b'{"event": "changed"}', b'{"event": "changed", "changes": 7}', b"\xff", b"7"]
)
def test_changes_that_are_none_are_passed_over(train, line):
    run = train(BASE)
    with run.file("events.jsonl").open("ab") as events:
        events.write(line + b"\n")
    assert state(go_on(run)) == "finished"
