"""A trial is the same as its Experiment alone, and a sweep the same however it is worked on."""

import json
import shutil
from types import SimpleNamespace

import pytest
from inline_pool import Cut, sweep_of, swept, table
from told import events, state, train_run

from tui_lab.errors import BadInput, Failure
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.trials import of_trial
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.sweep_run import promoted
from tui_lab.runs.trials import STOPPED, ranked
from tui_lab.training.doer import Doer
from tui_lab.training.jobs import Jobs
from tui_lab.training.session import assemble

BASE = {
    "dataset": {"name": "moons", "rows": 120, "batch_size": 16},
    "layers": [{"Linear": 8}, "ReLU", {"Dropout": 0.3}, {"Linear": 2}],
    "optimizer": {"SGD": {"lr": 0.1, "momentum": 0.9}},
    "training": {"epochs": 4, "seed": 3},
}
RATES = {"optimizer.lr": {"LogUniform": [0.001, 1]}, "dropout": {"Uniform": [0.0, 0.5]}}
KINDS = {
    "plain": BASE,
    "norm and Adam": BASE | {
        "layers": [{"Linear": 8}, "BatchNorm1d", "ReLU", {"Dropout": 0.3}, {"Linear": 2}],
        "optimizer": {"Adam": 0.1},
    },
    "one cycle": BASE | {"schedule": "OneCycleLR"},
    "plateau, clipped": BASE | {
        "schedule": {"ReduceLROnPlateau": 0}, "training": {"epochs": 5, "clip_grad_norm": 0.5},
    },
    "early stopping": BASE | {"training": {"epochs": 30, "early_stopping": {"patience": 1}}},
    "augmented": BASE | {"augmentation": [{"Noise": 0.1}, {"Mixup": 0.2}]},
    "regression": {
        "dataset": {"name": "sine", "rows": 100}, "optimizer": {"Adam": 0.1},
        "layers": [{"Linear": 8}, "Tanh", {"Dropout": 0.1}, {"Linear": 1}],
        "training": {"epochs": 3},
    },
}  # fmt: skip


def test_little_memory_at_one_moment_writes_no_trial_off(monkeypatch):
    run = swept(sweep_of(BASE, settings=RATES, trials=3), most=1)
    with monkeypatch.context() as patch:
        patch.setattr("tui_lab.training.memory.free_memory", lambda: 1)
        with pytest.raises(Failure, match="only 1 B are free"):
            swept(run)
    assert len(run.attempts()) == 1
    assert table(swept(run)) == table(swept(sweep_of(BASE, settings=RATES, trials=3)))


def test_repetitions_of_a_stopped_sweep_leave_its_other_trials_alone():
    run = swept(sweep_of(BASE, settings=RATES, trials=5), most=2)
    run.ask(do="repeat", trial=1)
    run.ask(do="resume", only="repeats")
    swept(run)
    assert run.status()["state"] == "stopped"
    done = [(one.trial, one.seed) for one in run.attempts()]
    assert done == [(1, 0), (2, 0), *((1, seed) for seed in range(1, 6))]
    assert run.has_work
    run.ask(do="resume")
    assert len(swept(run).trials()) == 5
    assert run.status()["state"] == "finished"


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_is_the_same_as_its_experiment_alone_bit_for_bit(train, kind):
    metric = "rmse" if kind == "regression" else "accuracy"
    run = swept(sweep_of(KINDS[kind], settings=RATES, trials=3, seeds=2, metric=metric))
    for trial in run.trials()[1:]:
        for attempt in trial.attempts:
            alone = of_trial(run.experiment, trial.settings, attempt.seed)
            found = train(alone.model_dump(mode="json"))
            losses = [event["validation"][metric] for event in events(found, "epoch")]
            assert [value for _, value in attempt.curve] == losses
            assert attempt.value == losses[attempt.best_epoch - 1]
            in_the_end = found.summary()["validation"][metric]
            assert attempt.value == pytest.approx(in_the_end, rel=1e-6)
            assert attempt.best_epoch == found.summary()["best_epoch"]
            assert attempt.epochs == len(losses)


TIED = {
    "random": {"settings": RATES, "trials": 12, "seeds": 2},
    "halving": {"settings": RATES, "trials": 20, "halving": {"first_epochs": 1}},
    "tpe": {"settings": RATES | {"layers.2": {"Choice": ["ReLU", "Tanh"]}}, "trials": 18,
            "method": "tpe"},
    "grid": {"settings": {"optimizer.lr": {"Grid": [0.01, 0.1]},
                          "layers.1.out_features": {"Grid": [4, 8]}}, "method": "grid"},
}  # fmt: skip


@pytest.mark.parametrize("kind", TIED)
def test_the_table_depends_on_no_order_number_of_workers_or_cut(kind):
    one = table(swept(sweep_of(BASE, **TIED[kind])))
    many = sweep_of(BASE, **TIED[kind])
    for cut in (3, 8, -1):
        swept(many, workers=5, seed=cut, most=cut)
    assert table(many) == one
    assert {line["state"] for line in one} <= {"finished", "dropped"}


def test_a_trial_hashes_no_data_and_its_seconds_begin_with_its_first_epoch(monkeypatch):
    now = [0.0]

    def assembled(*given, **more):
        now[0] += 100
        return assemble(*given, **more)

    monkeypatch.setattr("tui_lab.training.jobs.assemble", assembled)
    monkeypatch.setattr("tui_lab.training.session.sha256", None)
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("tui_lab.training.trial.time", clock)
    run = swept(sweep_of(BASE, settings=RATES, trials=2))
    assert [(one.state, one.seconds) for one in run.trials()] == [("finished", 0.0)] * 2


def test_a_stop_is_obeyed_that_comes_before_its_job_has_begun():
    stopped = []

    def done(job, tell, is_stopped):
        stopped.append(is_stopped())
        raise Cut

    doer = Doer(SimpleNamespace(done=done), say=lambda what: None)
    for line in ({"trial": 1}, {"do": "stop"}):
        doer.send(line)
    with pytest.raises(Cut):
        doer.work()
    doer.send({"trial": 2})
    with pytest.raises(Cut):
        doer.work()
    assert stopped == [True, False]


def test_a_stop_is_obeyed_in_the_middle_of_an_epoch():
    long = BASE | {"dataset": {"name": "moons", "rows": 1000, "batch_size": 2}}
    run = sweep_of(long, settings=RATES, trials=1)
    told, looks = [], []

    def is_stopped():
        looks.append(None)
        return len(looks) == 2

    job = {"settings": {}, "seed": 0, "earlier": []}
    done = Jobs(run).done(job, lambda *heard: told.append(heard), is_stopped)
    assert (done["state"], done["why"]) == ("stopped", STOPPED)
    assert (done["epochs"], done["value"], told) == (0, None, [])


def test_more_draws_later_keep_the_earlier_ones():
    run = swept(sweep_of(BASE, **TIED["tpe"] | {"trials": 9}))
    before = table(run)
    run.ask(do="trials", trials=18)
    run.ask(do="resume")
    whole = table(swept(run))
    assert whole[:9] == before
    assert whole == table(swept(sweep_of(BASE, **TIED["tpe"])))


def test_halving_drops_the_worse_half_of_what_came_before_at_growing_epochs():
    long = BASE | {"training": {"epochs": 9}}
    settings = {"optimizer.lr": {"LogUniform": [1e-6, 1]}}
    run = swept(sweep_of(long, settings=settings, trials=32, halving={"first_epochs": 2}))
    whole = swept(sweep_of(long, settings=settings, trials=32))
    trials, unhalved = run.trials(), whole.trials()
    assert all(trial.state == "finished" for trial in trials[:8])
    dropped = [trial for trial in trials if trial.state == "dropped"]
    assert len(dropped) > 6
    assert {trial.epochs for trial in dropped} <= {2, 4, 8}
    for trial, other in zip(trials, unhalved, strict=True):
        assert trial.settings == other.settings
        assert trial.attempts[0].curve == other.attempts[0].curve[: trial.epochs]
    best = ranked(unhalved, run.sweep)[0].number
    assert ranked(trials, run.sweep)[0].number == best


def test_a_diverged_trial_is_told_and_comes_last():
    settings = {"optimizer.lr": {"Choice": [0.1, 1e30]}}
    run = swept(sweep_of(BASE, settings=settings, trials=8))
    order = ranked(run.trials(), run.sweep)
    states = [trial.state for trial in order]
    assert set(states) == {"finished", "diverged"}
    assert states == sorted(states, reverse=True)
    assert order[-1].value is None
    assert "epoch 1" in order[-1].why


def test_a_trial_that_cannot_be_built_has_failed_and_the_others_go_on():
    settings = {"layers.4": {"Choice": [{"Linear": 2}, {"Linear": 3}]}}
    run = swept(sweep_of(BASE, settings=settings, trials=8))
    by_state = {trial.state: trial for trial in run.trials()}
    assert set(by_state) == {"finished", "failed"}
    assert "the network gives 3 numbers, the data needs 2" in by_state["failed"].why


def test_the_test_rows_are_looked_at_only_by_what_was_promoted(train, monkeypatch):
    def assembled(*given, **more):
        session = assemble(*given, **more)
        del session.rows["test"]
        return session

    monkeypatch.setattr("tui_lab.training.jobs.assemble", assembled)
    run = swept(sweep_of(BASE, settings=RATES, trials=3))
    assert {trial.state for trial in run.trials()} == {"finished"}
    chosen = promoted(run, 2)
    assert chosen.experiment == of_trial(run.experiment, run.trials()[1].settings)
    found = train(chosen.experiment.model_dump(mode="json"))
    assert (state(found), found.summary()["tested"]) == ("finished", 1)
    in_the_end = found.summary()["validation"]["loss"]
    assert run.trials()[1].value == pytest.approx(in_the_end, rel=1e-6)


def trained_base(seed: int) -> Run:
    run = create_run(
        Experiment.model_validate(BASE | {"training": {"epochs": 2, "seed": seed}}), "base"
    )
    train_run(run)
    return run


def test_what_was_promoted_begins_with_the_weights_that_the_trial_began_with():
    older = trained_base(seed=1)
    run = swept(sweep_of(BASE | {"weights": {"from": "base"}}, settings=RATES, trials=2))
    trained_base(seed=2)
    shutil.rmtree(older.folder)
    trial, chosen = run.trials()[1], promoted(run, 2)
    train_run(chosen)
    losses = [event["validation"]["loss"] for event in events(chosen, "epoch")]
    assert [value for _, value in trial.attempts[0].curve] == losses
    assert trial.value == losses[chosen.summary()["best_epoch"] - 1]
    assert trial.attempts[0].best_epoch == chosen.summary()["best_epoch"]
    assert chosen.status()["weights_from"] == older.id


def test_only_a_trial_that_has_ended_can_be_promoted():
    run = swept(sweep_of(BASE, settings=RATES, trials=2))
    with pytest.raises(BadInput, match="no trial 3 that has ended"):
        promoted(run, 3)


def test_repetitions_take_new_seeds_and_leave_the_ranking_as_it_was():
    run = swept(sweep_of(BASE, settings=RATES, trials=3, seeds=2))
    before = [trial.value for trial in run.trials()]
    run.ask(do="repeat", trial=2)
    run.ask(do="resume")
    trial = swept(run, workers=3).trials()[1]
    assert [attempt.seed for attempt in trial.repeats] == [2, 3, 4, 5, 6]
    assert {json.dumps(attempt.settings) for attempt in trial.repeats} == {
        json.dumps(trial.settings)
    }
    assert [trial.value for trial in run.trials()] == before


def test_repetitions_come_before_the_trials_that_are_still_to_be_trained():
    run = swept(sweep_of(BASE, settings=RATES, trials=4), most=2)
    run.ask(do="repeat", trial=1)
    swept(run, most=5)
    assert [(one.trial, one.seed) for one in run.attempts()[2:]] == [(1, n) for n in range(1, 6)]


def test_a_stopped_trial_is_stopped_for_good_and_the_others_are_trained():
    run = sweep_of(BASE, settings=RATES, trials=4)
    run.ask(do="stop", trial=2)
    swept(run)
    assert [trial.state for trial in run.trials()] == [
        "finished",
        "stopped",
        "finished",
        "finished",
    ]
    assert not run.has_work
