"""What a preset may say of a sweep, and what people may type of it."""

import pytest
from hypothesis import given
from strategies import sweeps

from tui_lab.errors import BadInput
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import ReLU, Tanh
from tui_lab.experiment.presets import load_preset, shipped_presets
from tui_lab.experiment.ranges import Choice, Grid, LogUniform, Uniform
from tui_lab.experiment.suggested import sweep_of, unfit_metric
from tui_lab.experiment.sweep import MOST_TRIALS, Sweep
from tui_lab.experiment.sweep_lines import lines_of, sweep_in
from tui_lab.experiment.trials import misfits, of_trial

BASE = """\
dataset: {name: iris}
layers: [{Linear: 8}, ReLU, {Linear: 3}]
optimizer: {SGD: {lr: 0.1, momentum: 0.9}}
"""
WRONG = [
    ("{}", "4:8: sweep.settings is missing"),
    ("{settings: {}}", "4:19: sweep.settings is empty; name one, such as optimizer.lr"),
    ("{settings: {optimizer.lr: 3}}", "4:34: .*expected one range"),
    ("{settings: {optimizer.lr: {LogUnifom: [1, 2]}}}", '4:34: .*did you mean "LogUniform"'),
    ("{settings: {optimizer.lr: {LogUniform: [0, 1]}}}", "4:47: .*needs bounds above 0, not 0"),
    ("{settings: {optimizer.lr: {Uniform: [2, 1]}}}", "4:44: .*should be below the second, not 2"),
    ("{settings: {optimizer.lr: {Uniform: [1]}}}", "4:44: .*bounds.2 is missing"),
    ("{settings: {optimizer.lr: {Uniform: [1, .inf]}}}", "4:48: .*finite number"),
    ("{settings: {optimizer.lr: {Choice: []}}}", "4:43: .*a list of at least 1"),
    ("{settings: {optimizer.lr: {Choice: [0.1, x]}}}", '4:34: .*a number, not the text "x"'),
    ("{settings: {optimizer.lr: {Uniform: [-1, 1]}}}", "4:34: .*lr should be at least 0"),
    ("{settings: {optimizer.lrr: {Uniform: [0, 1]}}}", '4:35: .*"lrr"; did you mean "lr"?'),
    ("{settings: {layers.1.out_features: {Uniform: [1, 9]}}}", "4:43: .*a whole number, not 1"),
    ("{settings: {layers.9: {Choice: [ReLU]}}}", '4:30: .*"9" is not a position from 1 to 3'),
    ("{settings: {dropout: {Uniform: [0, 0.5]}}}", "4:29: .*there is no Dropout layer"),
    ("{settings: {title: {Choice: [a, b]}}}", "4:27: .*title decides nothing"),
    ("{settings: {sweep.seed: {Choice: [1, 2]}}}", "4:32: .*sweep decides nothing"),
    ("{settings: {dataset.split: {Choice: [1]}}}", "4:35: .*validation rows are others"),
    ("{settings: {dataset.batchsize: {Integers: [8, 9]}}}", '4:39: .*did you mean "batch_size"'),
    ("{settings: {batch_size: {Integers: [8, 9]}}}", '4:32: .*did you mean "dataset.batch_size"'),
    ("{settings: {lr: {Uniform: [0, 1]}}}", '4:24: .*did you mean "optimizer.lr"'),
    ("{settings: {dropuot: {Uniform: [0, 1]}}}", '4:29: .*did you mean "dropout"'),
    ("{settings: {weights: {Choice: [a, b]}}}", "4:29: .*begins with the same weights"),
    ("{settings: {weights.from: {Choice: [a, b]}}}", "4:34: .*begins with the same weights"),
    ("{settings: {loss: {Choice: [CrossEntropyLoss]}}}", "4:26: .*different losses"),
    ("{settings: {optimizer.lr: {Grid: [0.1]}}}", "4:34: .*needs method: grid"),
    ("{method: grid, settings: {optimizer.lr: {Uniform: [0, 1]}}}", "4:48: .*write it as Grid"),
    ("{method: grid, trials: 3, settings: {optimizer.lr: {Grid: [0, 1]}}}",
     "4:31: .*the grid has only 2 points, not 3"),
    ("{method: gird, settings: {optimizer.lr: {Grid: [0, 1]}}}", '4:17: .*did you mean "grid"?'),
    ("{trials: 0, settings: {optimizer.lr: {Uniform: [0, 1]}}}", "4:17: .*at least 1, not 0"),
    ("{settings: {training.seed: {Integers: [0, 9]}}}", "4:35: .*share one .*; seeds: 3 trains"),
    ("{settings: {training: {Choice: [{seed: 1}, {seed: 2}]}}}", "4:30: .*share one training.seed"),
    ("{metrc: loss, settings: {optimizer.lr: {Uniform: [0, 1]}}}", '4:9: .*"metrc"; did you'),
    ("{halving: {first_epochs: 0}, settings: {optimizer.lr: {Uniform: [0, 1]}}}", "4:33: .*least"),
]  # fmt: skip


@pytest.mark.parametrize(("sweep", "says"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_sweep_is_refused_when_it_is_read_in_one_sentence_with_its_place(
    sweep, says, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(f"{BASE}sweep: {sweep}\n")
    with pytest.raises(BadInput, match=f"^p.yaml:{says}") as error:
        load_preset("p.yaml")
    assert str(error.value).isprintable()


def test_columns_are_not_swept_where_they_decide_which_rows_are_left_out():
    columns = {"dataset.columns": Choice(values=(["a"], ["a", "b"]))}
    for missing, told in (("drop", ["validation rows are others"]), ("median", [])):
        dataset = {"csv": "t.csv", "target": "y", "missing": missing}
        sweep = {"settings": {key: found.written() for key, found in columns.items()}}
        experiment = Experiment.model_validate({"dataset": dataset, "sweep": sweep})
        said = [sentence for sentence, _ in misfits(experiment)]
        assert len(said) == len(told)
        assert all(map(str.__contains__, said, told))


def test_losses_in_other_units_are_not_compared():
    sweep = Sweep(settings={"dataset.scale": Choice(values=(True, False))})
    assert "rank by rmse" in unfit_metric(sweep, is_classification=False)
    assert unfit_metric(sweep.replace(metric="rmse"), is_classification=False) == ""
    assert unfit_metric(sweep, is_classification=True) == ""


def test_too_many_points_of_a_grid_are_refused(tmp_path):
    many = ", ".join(map(str, range(1, 301)))
    grid = f"{{optimizer.lr: {{Grid: [{many}]}}, dataset.batch_size: {{Grid: [{many}]}}}}"
    path = tmp_path / "p.yaml"
    path.write_text(f"{BASE}sweep: {{method: grid, settings: {grid}}}\n")
    with pytest.raises(BadInput, match=f"90,000 points; at most {MOST_TRIALS:,}"):
        load_preset(path)


def test_the_courses_search_is_as_it_stands_there():
    sweep = load_preset("6.4-random-search").sweep
    assert sweep.settings == {
        "optimizer.lr": LogUniform(bounds=(1e-4, 1e-2)),
        "optimizer.momentum": Uniform(bounds=(0.85, 0.99)),
    }
    assert (sweep.method, sweep.count) == ("random", 10)


def test_a_trial_is_the_experiment_with_its_settings_and_without_a_sweep():
    base = load_preset("6.4-random-search")
    settings = {"optimizer.lr": 0.5, "layers.2": "Tanh", "dropout": 0.25}
    trial = of_trial(base, settings, seed=3)
    assert trial.sweep is None
    assert trial.training.seed == base.training.seed + 3
    assert trial.optimizer == base.optimizer.replace(lr=0.5)
    assert [type(layer) for layer in trial.layers[1:2]] == [Tanh]
    assert trial.layers[2].p == 0.25
    assert type(base.layers[1]) is ReLU


@pytest.mark.parametrize("name", shipped_presets())
def test_what_is_suggested_for_a_preset_can_be_swept_and_typed(name):
    experiment = load_preset(name)
    sweep = sweep_of(experiment)
    assert list(misfits(experiment.replace(sweep=sweep))) == []
    assert sweep_in(lines_of(sweep), experiment) == (typed(sweep), {})


def typed(sweep: Sweep) -> Sweep:
    """As it is read back: a whole grid stays one, all others have a number of trials."""
    return sweep if sweep.method == "grid" else sweep.replace(trials=sweep.count)


def test_a_grid_with_one_more_value_typed_into_it_has_more_trials():
    sweep = Sweep(method="grid", settings={"optimizer.lr": Grid(values=(0.01, 0.1))})
    line, *options = lines_of(sweep)
    found, _ = sweep_in([f"{line}, 1", *options], load_preset("iris"))
    assert (found.count, found.trials) == (3, None)


@given(sweeps())
def test_lines_read_back_as_the_sweep_that_they_tell(sweep):
    found, wrong = sweep_in(lines_of(sweep), load_preset("iris"))
    assert wrong == {}
    assert found == typed(sweep)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("lr", "write a setting and its range"),
        ("lr: uniform 1", "two numbers, the least and the largest"),
        ("lr: unform 1 2", 'did you mean "Uniform"?'),
        ("lr: uniform a b", 'should be a number, not the text "a"'),
        ("momentum: grid 0 1", "needs method: grid"),
        ("epochs: uniform 1 9", "training.epochs should be a whole number"),
        ("foo: uniform 1 2", 'no setting or option "foo"'),
        ("trails: 10", 'did you mean "trials"?'),
        ("lr: 0.1 0.2", "a kind of range before the values: optimizer.lr: choice 0.1 0.2"),
        ("trials: x", "trials should be a whole number"),
        ("metric: f1", "metric should be one of"),
        ("halving: 0", "at least 1"),
        ("optimizer.lr: uniform 1 2", "is there twice"),
    ],
)
def test_a_typed_line_that_is_wrong_is_told_in_its_place(line, says):
    experiment = load_preset("5.3-momentum")
    good = [] if line.startswith("lr") else ["lr: loguniform 0.001 1"]
    sweep, wrong = sweep_in([*good, line], experiment)
    assert sweep is None
    assert list(wrong) == [len(good)]
    assert says in wrong[len(good)]
