"""What differs between Experiments is told whole, in the words of `--set`, and nothing else is."""

from experiment.strategies import experiments
from hypothesis import given, settings

from tui_lab.experiment.changes import with_changes
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import load_preset
from tui_lab.experiment.yaml_file import dump
from tui_lab.runs.compare import ABSENT, differences


def text(value: object) -> str:
    return dump(value).removesuffix("...\n").strip()


def differing(*changes: str) -> dict:
    preset = load_preset("digits")
    return differences([preset, with_changes(preset, changes)[0]])


def sizes(experiment: Experiment) -> tuple[int, ...]:
    """An item can be set by its number only where there is one."""
    return len(experiment.layers or ()), len(experiment.augmentation)


@given(experiments(), experiments())
@settings(max_examples=80)
def test_setting_what_differs_makes_one_experiment_the_other(one, other):
    told = differences([one, other])
    assert set(told) == set(differences([other, one]))
    if sizes(one) == sizes(other):
        texts = tuple(f"{key}={text(value)}" for key, (_, value) in told.items() if value != ABSENT)
        made = with_changes(one, texts)[0] if texts else one
        assert differences([made, other]) == {}


@given(experiments())
@settings(max_examples=30)
def test_nothing_differs_from_itself_or_from_another_title(one):
    assert differences([one, one, one.replace(title="another")]) == {}


def test_only_what_was_changed_is_told_by_its_dotted_key():
    assert differing("optimizer.lr=0.25", "layers.1.out_features=32") == {
        "layers.1.out_features": [64, 32],
        "optimizer.lr": [load_preset("digits").optimizer.lr, 0.25],
    }


def test_another_class_is_told_with_the_settings_that_both_have_or_that_are_not_as_usual():
    told = differing("layers.2=Tanh", "schedule={StepLR: {step_size: 5}}", "optimizer=RMSprop")
    assert told["layers.2"] == ["ReLU", "Tanh"]
    assert told["schedule"] == [None, "StepLR"]
    assert told["schedule.step_size"] == [ABSENT, 5]
    assert told["optimizer"][1] == "RMSprop"
    assert "optimizer.alpha" not in told


def test_keys_come_in_the_order_of_a_preset_and_layers_by_number():
    layers = "[" + ", ".join(["{Linear: 9}"] * 12) + "]"
    keys = list(differing("training.seed=9", f"layers={layers}", "dataset.batch_size=7"))
    numbers = [int(key.split(".")[1]) for key in keys if key.startswith("layers")]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 12
    assert (keys[0], keys[-1]) == ("dataset.batch_size", "training.seed")


def test_early_stopping_as_usual_is_told_beside_none():
    none = load_preset("digits")
    usual = with_changes(none, ("training.early_stopping.patience=10",))[0]
    told = differences([none, usual])
    assert told["training.early_stopping"] == [None, ABSENT]
    assert told["training.early_stopping.patience"] == [ABSENT, 10]
    assert set(differences([usual, none])) == set(told)
