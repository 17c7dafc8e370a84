"""Which engine trains and why is told; each stops where it should and goes on to the same bits."""

import contextlib
import itertools
import math
import shutil

import pytest
import torch
from told import events, state, train_run, why

from tui_lab.experiment.optimizers import Schedule
from tui_lab.runs.checkpoints import checkpoints
from tui_lab.runs.record import Record
from tui_lab.runs.report import report
from tui_lab.runs.run import Run
from tui_lab.training import checkpoints as writing
from tui_lab.training import listening, pace
from tui_lab.training.engines import native
from tui_lab.training.loop import Rows
from tui_lab.training.trainer import Trainer

HERE = native.library() is not None
needs_native = pytest.mark.skipif(not HERE, reason="no compiler was there")
ENGINES = [pytest.param("native", marks=needs_native), "torch", "autograd"]
FAST = ENGINES[:2]
every_engine = pytest.mark.parametrize("engine", ENGINES)
every_fast_engine = pytest.mark.parametrize("engine", FAST)
DENSE = {
    "dataset": {"name": "moons", "rows": 120},
    "layers": [{"Linear": 8}, "ReLU", {"Dropout": 0.3}, {"Linear": 5}, "Tanh", {"Linear": 2}],
    "optimizer": {"SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}},
}
CONVOLUTIONS = {
    "dataset": {"name": "digits", "batch_size": 500},
    "layers": [{"Conv2d": 2}, "ReLU", "Flatten", {"Linear": 10}],
    "training": {"epochs": 1},
}
KINDS = {
    "momentum": {},
    "Adam": {"optimizer": "Adam"},
    "AdamW": {"optimizer": {"AdamW": {"weight_decay": 0.1}}, "schedule": "OneCycleLR"},
    "plain": {"optimizer": {"SGD": 0.1}, "schedule": {"StepLR": 1}},
}


def asked(engine: str, **more) -> dict:
    return {**DENSE, "training": {"epochs": 3, "seed": 3, "engine": engine}} | more


def bits(run: Run) -> list[bytes]:
    return [run.file(name).read_bytes() for name in ("events.jsonl", "weights.safetensors")]


def gone_on(run: Run, checkpoint: str) -> Run:
    """A copy of the run that went on from a checkpoint."""
    copy = Run(shutil.copytree(run.folder, run.folder.with_name(f"from-{checkpoint}")))
    copy.ask(do="resume", checkpoint=checkpoint)
    train_run(copy)
    return copy


@needs_native
def test_a_dense_stack_on_the_cpu_is_trained_natively_and_all_say_so(train):
    run = train({**DENSE, "training": {"epochs": 1}})
    assert events(run, "started")[0]["engine"] == "native"
    why_native = "native: a dense stack on the CPU"
    assert run.status()["why_engine"] == run.summary()["why_engine"] == why_native
    assert f"The engine was {why_native}." in report(run)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"layers": [{"Linear": 4}, "BatchNorm1d", {"Linear": 2}]}, "BatchNorm1d needs it"),
        ({"optimizer": "RMSprop"}, "RMSprop needs it"),
        ({"optimizer": {"Adam": {"eps": 0.0}}}, "so small an eps needs it"),
        ({"optimizer": {"Adam": {"eps": 1e-39}}}, "so small an eps needs it"),
        ({"augmentation": ["Mixup"]}, "mixup needs it"),
        (
            {"layers": [{"Linear": {"out_features": 2, "frozen": True}}]},
            "a network that is all frozen needs it",
        ),
        ({"layers": [{"Linear": 1}, "Sigmoid"], "loss": "BCELoss"}, "BCELoss needs it"),
    ],
)
def test_what_the_fast_engines_can_not_do_takes_autograd(train, change, says):
    run = train(asked("native", **change))
    assert state(run) == "finished"
    assert run.summary()["why_engine"] == f"autograd: {says}, though native was asked for"


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_what_the_torch_engine_can_not_do_is_said_to_whom_asked_for_it(train, engine):
    run = train({**CONVOLUTIONS, "training": {"epochs": 1, "engine": engine}})
    says = run.summary()["why_engine"]
    assert ("though torch was asked for" in says) == (engine == "torch")
    assert engine == "auto" or says.startswith("autograd: Conv2d needs it")


@needs_native
def test_without_a_compiled_engine_torch_takes_over_and_the_run_says_so(train, monkeypatch):
    natively = train(asked("auto"))
    monkeypatch.setattr(native, "library", lambda: None)
    without = train(asked("auto"))
    told = "torch: there is no compiled engine on this machine"
    assert without.summary()["why_engine"] == told
    for ours, theirs in zip(events(without, "epoch"), events(natively, "epoch"), strict=True):
        assert ours["validation"]["loss"] == pytest.approx(theirs["validation"]["loss"], rel=1e-4)


def test_without_a_compiled_engine_autograd_takes_convolutions_and_the_run_says_why(
    train, monkeypatch
):
    monkeypatch.setattr(native, "library", lambda: None)
    told = "autograd: Conv2d needs it where there is no compiled engine"
    assert train(CONVOLUTIONS).summary()["why_engine"] == told


def test_a_library_that_is_missing_or_is_none_counts_as_none(monkeypatch, tmp_path):
    for content in (None, b"", b"\x7fELF nonsense"):
        path = tmp_path / "libnative.so"
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setattr(native, "LIBRARY", path)
        assert native.library.__wrapped__() is None


@every_engine
def test_the_loss_that_is_no_number_stops_at_the_very_batch(new_run, engine):
    run = new_run({
        "dataset": {"name": "plane", "rows": 200, "batch_size": 10},
        "layers": [{"Linear": 8}, "ReLU", {"Linear": 1}],
        "optimizer": {"SGD": 1e30},
        "training": {"epochs": 5, "engine": engine},
    })  # fmt: skip
    with contextlib.closing(Record(run)) as record:
        found = Trainer(run, record)
        found.train()
    told = events(run, "batch")
    assert (state(run), told[-1]["loss"]) == ("diverged", None)
    assert all(math.isfinite(event["loss"]) for event in told[:-1])
    assert f"at step {len(told)} (epoch 1" in why(run)
    assert all(p.isfinite().all() for p in found.session.network.parameters())


@pytest.fixture
def every_batch(monkeypatch):
    """A look around and a checkpoint after each batch, and all of them kept."""
    monkeypatch.setattr(pace, "SLICE_SECONDS", 0)
    monkeypatch.setattr(writing, "LEAST_SECONDS", -1.0)
    monkeypatch.setattr(writing, "SHARE", 0)
    monkeypatch.setattr(writing, "KEPT", 1000)


@every_fast_engine
@pytest.mark.parametrize("kind", KINDS)
def test_going_on_from_any_batch_gives_the_same_bits_as_never_stopping(
    train, monkeypatch, engine, kind
):
    straight = train(asked(engine, **KINDS[kind]))
    with monkeypatch.context() as patch:
        every_batch.__wrapped__(patch)
        run = train(asked(engine, **KINDS[kind]))
    assert bits(run)[0] == bits(straight)[0]
    for checkpoint in checkpoints(run)[::3]:
        assert bits(gone_on(run, checkpoint.path.name)) == bits(straight)


@every_engine
@pytest.mark.parametrize("schedule", [None, *Schedule.kinds()])
def test_what_is_changed_on_the_way_is_changed_at_the_same_batch_again(
    new_run, every_batch, engine, schedule
):
    """Also from an optimizer that the engine can do to one that it can't, and back."""
    changes = {4: ["dropout=0.6"], 5: ["optimizer=RMSprop"], 8: ["optimizer={SGD: 0.05}"]}
    run = new_run(asked(engine, schedule=schedule))
    with contextlib.closing(Record(run)) as record:
        found = Trainer(run, record)
        called = found._is_called

        def is_called():
            if changed := changes.pop(found.at.step, None):
                record.ask(do="set", changes=changed)
                found.listen.look()
            return called() or bool(changed)

        found._is_called = is_called
        found.train()
    before = bits(run)
    assert [event["step"] for event in events(run, "changed")] == [4, 5, 8]
    for checkpoint in [c for c in checkpoints(run) if not c.is_best][1::3]:
        assert bits(gone_on(run, checkpoint.path.name)) == before


@every_engine
def test_while_paused_a_step_is_one_batch(new_run, monkeypatch, engine):
    run = new_run(asked(engine))
    run.ask(do="pause")
    with contextlib.closing(Record(run)) as record:
        found, steps = Trainer(run, record), []

        def waits(seconds):
            steps.append(found.at.step)
            run.ask(do="step", unit="batch") if len(steps) < 4 else run.ask(do="stop")

        monkeypatch.setattr(listening.time, "sleep", waits)
        found.train()
    assert steps == [0, 1, 2, 3]


@needs_native
def test_rows_of_another_size_or_kind_are_refused_before_anything_is_read(new_run):
    run = new_run(asked("native"))
    with contextlib.closing(Record(run)) as record:
        session = Trainer(run, record).session
    x, y = session.rows["train"].x, session.rows["train"].y
    wrong = [(x[:5], y), (x, y[:5]), (x, y + 9), (x, y - 9), (x.double(), y), (x, y.float())]
    for rows in itertools.starmap(Rows, wrong):
        with pytest.raises(ValueError, match=r"expected|no class"):
            session.engine.train(rows, session.seen, 0, len(session.bounds))
    with pytest.raises(ValueError, match="expected"):
        session.engine.predict(torch.ones(3, 1))


@every_fast_engine
def test_a_training_with_random_numbers_of_its_own_disturbs_no_other(new_run, engine):
    run = new_run(asked(engine))
    with contextlib.closing(Record(run)) as record:
        found = Trainer(run, record)
        before = torch.get_rng_state()
        found.train()
    assert torch.equal(torch.get_rng_state(), before)
