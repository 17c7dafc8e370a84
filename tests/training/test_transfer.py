"""Weights that are loaded, what stays frozen, and what transfer is worth, by the real trainer."""

import io
import shutil
from statistics import mean

import pytest
import torch
from safetensors.torch import load_file, save, save_file
from told import events, state, train_run

from tui_lab.errors import BadInput
from tui_lab.experiment import optimizers
from tui_lab.experiment.layers import BatchNorm1d, Linear
from tui_lab.experiment.network import network
from tui_lab.experiment.presets import load_preset
from tui_lab.experiment.weights import Weights
from tui_lab.runs.going_on import ask_to_go_on
from tui_lab.runs.report import report
from tui_lab.training.network import build
from tui_lab.training.objective import build_optimizer, build_schedule
from tui_lab.training.tensor_file import tensor_bytes
from tui_lab.training.transfer import load

NET = network((2,), (Linear(out_features=3), BatchNorm1d(), Linear(out_features=2)))
GOOD = {name: value.clone() + 1 for name, value in build(NET).state_dict().items()}
STILL = {"optimizer": {"SGD": 0}, "training": {"epochs": 1}}
OPTIMIZERS = [
    {"SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}},
    {"SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}},
    {"Adam": {"lr": 0.1, "weight_decay": 0.1}},
    {"AdamW": {"lr": 0.1, "weight_decay": 0.1}},
    {"RMSprop": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}},
]


def moons(**changes):
    layers = [{"Linear": 3}, "BatchNorm1d", {"Linear": 2}]
    return {"dataset": {"name": "moons", "rows": 60}, "layers": layers, **STILL, **changes}


def weights_of(run, file="weights.safetensors"):
    return load_file(run.file(file))


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def only(tensors, *layers):
    return {name: value for name, value in tensors.items() if name.split(".")[0] in layers}


def moved(tensors, before):
    """The names of the tensors that are not what they were."""
    return {name for name in tensors if not torch.equal(tensors[name], before[name])}


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_loaded_layers_begin_with_the_files_numbers_and_others_with_the_seeds(
    train, tmp_path, kind
):
    path = tmp_path / f"mine.{kind}"
    torch.save(GOOD, path) if kind == "pt" else save_file(GOOD, path)
    frozen = {"BatchNorm1d": {"frozen": True}}
    layers = [{"Linear": 3}, frozen, {"Linear": 2}]
    fresh = weights_of(train(moons(layers=layers)))
    loaded = weights_of(train(moons(layers=layers, weights={"from": str(path), "layers": 2})))
    assert same(only(loaded, "0", "1"), only(GOOD, "0", "1"))
    assert same(only(loaded, "2"), only(fresh, "2"))


def test_what_was_loaded_and_what_was_not_is_told(train):
    source = train("5.4b-source", "training.epochs=1")
    run = train("5.4b-transfer", "training.epochs=1")
    assert [event["event"] for event in run.events()][:2] == ["started", "loaded"]
    (told,) = events(run, "loaded")
    assert told["from"] == source.id
    assert told["loaded"] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert {item["name"]: item["why"] for item in told["left"]} == {
        "4.weight": "left out by layers: 4",
        "4.bias": "left out by layers: 4",
    }
    text = " ".join(report(run).split())
    says = f"weights from {source.id}: layers 1-4 loaded (4,160 + 2,080 parameters); not loaded: "
    assert says + '"4.bias", "4.weight": left out by layers: 4' in text
    assert run.summary()["parameters"] == {"total": 6306, "trainable": 66}


def test_layers_are_chosen_by_name(train, tmp_path):
    save_file(GOOD, tmp_path / "w.safetensors")
    chosen = {"from": str(tmp_path / "w.safetensors"), "layers": ["2"]}
    run = train(moons(weights=chosen))
    assert same(only(weights_of(run), "2"), only(GOOD, "2"))
    assert "layer 3 loaded (8 parameters)" in " ".join(report(run).split())


def test_a_run_needs_no_other_once_it_is_made(train, new_run):
    source = train("5.4b-source", "training.epochs=1")
    first, second = (new_run("5.4b-transfer", "training.epochs=2") for _ in range(2))
    train_run(first)
    shutil.rmtree(source.folder)
    train_run(second)
    assert first.file("events.jsonl").read_bytes() == second.file("events.jsonl").read_bytes()


@pytest.mark.parametrize("schedule", [None, "OneCycleLR"])
def test_a_longer_training_keeps_the_slower_rate_and_the_copy(train, new_run, tmp_path, schedule):
    save_file(GOOD, tmp_path / "w.safetensors")
    weights = {"from": str(tmp_path / "w.safetensors"), "layers": 2, "lr_factor": 0.1}
    change = {"weights": weights, "optimizer": {"Adam": 0.05}, "schedule": schedule}
    whole = train(moons(**change, training={"epochs": 4}))
    steps = new_run(moons(**change, training={"epochs": 4}))
    steps.ask(do="stop")
    train_run(steps)
    (tmp_path / "w.safetensors").unlink()
    ask_to_go_on(steps)
    train_run(steps)
    assert events(steps, "epoch") == events(whole, "epoch")
    assert len(events(steps, "loaded")) == 1
    assert steps.summary()["loaded"] == whole.summary()["loaded"]


def test_settings_that_change_while_it_trains_leave_the_slower_rate(train, tmp_path):
    save_file(GOOD, tmp_path / "w.safetensors")
    weights = {"from": str(tmp_path / "w.safetensors"), "layers": 2, "lr_factor": 0.1}
    change = {"weights": weights, "optimizer": {"Adam": 0.05}}
    whole, longer = (train(moons(**change, training={"epochs": epochs})) for epochs in (4, 2))
    ask_to_go_on(longer, ("training.epochs=4",))
    train_run(longer)
    assert events(longer, "epoch") == events(whole, "epoch")
    assert len(events(longer, "changed")) == 1


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def changed(name, value):
    return {**GOOD, name: value}


def flipped():
    content = bytearray(tensor_bytes(GOOD, {}))
    content[-1] ^= 1
    return bytes(content)


NAN, HALF = changed("2.weight", torch.full((2, 3), float("nan"))), GOOD["2.bias"].double()
HUGE = changed("0.weight", torch.ones(1).expand(10**6, 10**6))
WRONG = {
    "too wide": (changed("2.weight", torch.ones(10, 3)), '"2.weight" is 10x3 in the file but 2x3'),
    "nothing like it": ({"x": torch.ones(1)}, '"0.weight" is not in the file'),
    "no number": (NAN, '6 of the 6 numbers of "2.weight"'),
    "another type": (changed("2.bias", HALF), '"2.bias" holds float64 in the file but float32'),
    "one more": (changed("9.bias", HALF), '"9.bias" is in the file but not here'),
}


@pytest.mark.parametrize("write", [saved, save], ids=["pt", "safetensors"])
@pytest.mark.parametrize("name", WRONG)
def test_weights_that_do_not_fit_are_refused_and_leave_the_network_as_it_was(tmp_path, name, write):
    tensors, says = WRONG[name]
    kind = "pt" if write is saved else "safetensors"
    (tmp_path / f"initial.{kind}").write_bytes(write(tensors))
    assert says in refusal(tmp_path)


def refusal(folder, **layers):
    module = build(NET)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(BadInput) as caught:
        load(module, NET, Weights.model_validate({"from": "w", **layers}), folder)
    assert same(before, module.state_dict())
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("initial.safetensors", flipped(), "doesn't match its sha256"),
        ("initial.safetensors", save(GOOD)[:-8], "don't fill the file"),
        ("initial.safetensors", b"", "cut off"),
        ("initial.pt", saved(HUGE), '"0.weight" is 1000000x1000000 in the file'),
        ("initial.pt", saved(torch.nn.Linear(1, 1)), "torch.nn.modules.linear.Linear"),
        ("initial.pt", saved(GOOD)[:-30], "is damaged"),
        ("other", b"", "there is no file"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_a_damaged_copy_is_refused(tmp_path, file, content, says):
    (tmp_path / file).write_bytes(content)
    assert says in refusal(tmp_path)


def test_what_would_fit_is_said_too(tmp_path):
    (tmp_path / "initial.safetensors").write_bytes(save(WRONG["too wide"][0]))
    assert refusal(tmp_path).endswith("; try layers: 2")
    assert refusal(tmp_path, layers=["0", "2"]).endswith("; try layers: ['0']")
    (tmp_path / "initial.safetensors").write_bytes(save(changed("0.weight", torch.ones(4, 2))))
    assert refusal(tmp_path).endswith("; start without weights")


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_what_is_frozen_does_not_move_by_a_bit(train, tmp_path, optimizer, affine):
    norm = {"affine": affine}
    kept = {name: value for name, value in GOOD.items() if affine or name[:3] not in ("1.w", "1.b")}
    save_file(kept, tmp_path / "w.safetensors")
    frozen = [
        {"Linear": {"out_features": 3, "frozen": True}},
        {"BatchNorm1d": {**norm, "frozen": True}},
        {"Linear": 2},
    ]
    thawed = [{"Linear": 3}, {"BatchNorm1d": norm}, {"Linear": 2}]
    change = {
        "optimizer": optimizer,
        "weights": {"from": str(tmp_path / "w.safetensors")},
        "training": {"epochs": 3},
    }
    run = train(moons(layers=frozen, **change))
    assert moved(weights_of(run), kept) == {"2.weight", "2.bias"}
    assert run.summary()["parameters"]["trainable"] == 8
    assert moved(weights_of(train(moons(layers=thawed, **change))), kept) == kept.keys()


def test_loaded_layers_learn_with_their_share_of_the_rate(train, tmp_path):
    save_file(GOOD, tmp_path / "w.safetensors")
    weights = {"from": str(tmp_path / "w.safetensors"), "layers": 1}
    one_step = {"optimizer": {"SGD": 0.5}, "training": {"epochs": 1}}
    one_step["dataset"] = {"name": "moons", "rows": 60, "batch_size": 60}
    full, slow = (
        train(moons(**one_step, weights={**weights, "lr_factor": factor})) for factor in (1.0, 0.25)
    )
    steps = [weights_of(run)["0.weight"] - GOOD["0.weight"] for run in (full, slow)]
    assert torch.allclose(steps[0] / 4, steps[1], atol=1e-6)
    assert steps[0].abs().max() > 1e-3
    assert same(only(weights_of(full), "1", "2"), only(weights_of(slow), "1", "2"))
    assert [event["lr"] for event in events(slow, "epoch")] == [0.5]


@pytest.mark.parametrize("schedule", optimizers.Schedule.kinds().values())
@pytest.mark.parametrize("optimizer", optimizers.Optimizer.kinds().values())
@pytest.mark.parametrize("loaded", [("0.weight", "0.bias"), tuple(GOOD)], ids=["some", "all"])
def test_every_schedule_moves_both_rates_alike(schedule, optimizer, loaded):
    def rates(names, factor):
        module = build(NET)
        optimize = build_optimizer(optimizer(lr=0.5), module, names, factor)
        scheduled = build_schedule(schedule(), optimize, epochs=30, steps=1)
        for _ in range(30):
            module(torch.ones(2, 2)).sum().backward()
            optimize.step()
            yield [group["lr"] for group in optimize.param_groups]
            scheduled.step(*([1.0] if schedule is optimizers.ReduceLROnPlateau else []))

    alone = [rate for (rate,) in rates((), 1.0)]
    assert len(set(alone)) > 1
    for rate, both in zip(alone, rates(loaded, 0.1), strict=True):
        assert both == pytest.approx([rate, rate * 0.1])


def accuracies(train, *names):
    """The test accuracies of presets over five seeds."""
    found = {name: [] for name in names}
    for seed in range(5):
        for name in names:
            run = train(name, f"training.seed={seed}", f"dataset.seed={seed}")
            assert state(run) == "finished"
            found[name].append(run.summary()["test"]["accuracy"])
    return [mean(found[name]) for name in names]


def test_thirty_rows_of_a_near_task_go_further_by_transfer(train):
    source, near, scratch = accuracies(train, "5.4b-source", "5.4b-transfer", "5.4b-scratch")
    assert source > 0.94
    assert near > scratch + 0.05


def test_a_source_of_other_digits_hurts(train):
    names = ("5.4b-wrong-source", "5.4b-wrong-transfer", "5.4b-wrong-scratch")
    source, far, scratch = accuracies(train, *names)
    assert source > 0.94
    assert scratch > 0.9
    assert far < scratch - 0.15


@pytest.mark.parametrize("kind", ["", "wrong-"])
def test_source_and_target_share_no_row_and_the_twins_all(kind):
    source, target, twin = (
        load_preset(f"5.4b-{kind}{role}") for role in ("source", "transfer", "scratch")
    )
    assert source.dataset.rows[1] < target.dataset.rows[0]
    assert target.dataset == twin.dataset
    assert target.training == twin.training
    assert target.optimizer == twin.optimizer
