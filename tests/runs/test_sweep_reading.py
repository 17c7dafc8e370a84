"""What is made of a sweep's trials: ranks, effects, repetitions, the map, and curves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kruskal, spearmanr

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.ranges import Choice, LogUniform, Uniform
from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.effects import effects
from tui_lab.runs.heat import Spot, filled, graded, position, spots
from tui_lab.runs.repeats import repeats_told, to_repeat
from tui_lab.runs.report import aligned, number
from tui_lab.runs.sweep_record import SweepRecord
from tui_lab.runs.sweep_report import names, seconds_told
from tui_lab.runs.sweep_run import SweepRun, create_sweep
from tui_lab.runs.sweep_view import MOST_POINTS, Reader, ceiling, cut_off, thin_curves
from tui_lab.runs.trials import Attempt, Trial, ranked, trials_of

SWEEP = Sweep(
    settings={"a": LogUniform(bounds=(0.01, 100.0)), "b": Choice(values=("x", "y"))},
    metric="accuracy",
)
SPREAD = {"settings": {"optimizer.lr": {"LogUniform": [0.01, 1]}}, "trials": 20}
LOSS = SWEEP.replace(metric="loss")
values = st.floats(0, 1).map(lambda v: round(v, 2))


def attempt(trial: int, value: float | None, a: float = 1.0, **more) -> Attempt:
    told = {
        "settings": {"a": a, "b": "x"},
        "state": "finished" if value is not None else "diverged",
    }
    return Attempt.model_validate({"trial": trial, "value": value, **told, **more})


def spotted(made: list[Trial]) -> list[Spot]:
    return spots(graded(ranked(made, SWEEP), SWEEP), SWEEP, "a", "b")


def new_sweep() -> SweepRun:
    experiment = Experiment.model_validate({"dataset": {"name": "iris"}, "sweep": SPREAD})
    return create_sweep(experiment, "s")


def trials(found: list[tuple[float | None, float]]) -> list[Trial]:
    return trials_of([attempt(n, value, a) for n, (value, a) in enumerate(found, 1)], 1)


@given(st.lists(st.none() | values, min_size=1))
def test_the_best_comes_first_and_what_diverged_last(found):
    made = trials([(value, 1.0) for value in found])
    for sweep, reverse in ((SWEEP, True), (LOSS, False)):
        order = [trial.value for trial in ranked(made, sweep)]
        there = sorted((v for v in found if v is not None), reverse=reverse)
        assert order == [*there, *[None] * (len(found) - len(there))]


def test_a_dropped_trial_stands_below_those_that_came_further_however_good_it_was_by_then():
    made = trials_of(
        [attempt(1, 0.9, state="dropped", epochs=1), attempt(2, 0.8, state="dropped", epochs=4),
         attempt(3, 0.85, state="dropped", epochs=4), attempt(4, 0.1, epochs=30)], 1
    )  # fmt: skip
    assert [trial.number for trial in ranked(made, SWEEP)] == [4, 3, 2, 1]


@given(st.lists(st.tuples(st.none() | values, values), min_size=6, max_size=30))
def test_the_effect_of_a_number_is_spearmans_rank_correlation(found):
    made = trials(found)
    goodness = [-1.0 if value is None else value for value, _ in found]
    one = effects(made, SWEEP)[0]
    if len({a for _, a in found}) == 1 or len(set(goodness)) == 1:
        assert one.correlation == 0
    else:
        expected = spearmanr([a for _, a in found], goodness).statistic
        assert one.correlation == pytest.approx(expected)


def test_all_trials_are_read_however_long_their_file_is_and_whatever_lies_between():
    run = new_sweep()
    lines = [attempt(n, 0.5).model_dump_json() for n in range(1, 21)]
    bad = ['{"state": "finished"}'] * 20_010
    run.file("trials.jsonl").write_text("\n".join([*lines[:10], *bad, *lines[10:]]) + "\n")
    assert [one.trial for one in run.attempts()] == list(range(1, 21))
    assert not run.has_work


def test_words_on_an_effect_are_no_stronger_than_the_trials_allow():
    clear, few = ([(n / 100, float(n)) for n in range(count)] for count in (20, 5))
    assert effects(trials(clear), SWEEP)[0].told == "more is better"
    assert effects(trials(clear), LOSS)[0].told == "less is better"
    assert effects(trials(few), SWEEP) == []
    mixed = [(0.5 + 0.1 * (-1) ** n, float(n)) for n in range(10)]
    assert effects(trials(mixed), SWEEP)[0].told == "nothing to be seen (by chance ±0.67)"
    equal = [(0.5, float(n)) for n in range(10)]
    assert effects(trials(equal), SWEEP)[0].correlation == 0
    assert {spot.goodness for spot in spotted(trials(equal))} == {0.55}


def test_what_is_best_in_the_middle_is_not_called_nothing():
    hill = [(1 - abs(n - 10.6) / 12, 10.0 ** (n / 5 - 4)) for n in range(20)]
    (one,) = effects(trials(hill), SWEEP)[:1]
    assert abs(one.correlation) < one.by_chance
    assert one.told == "best from 0.01 to 0.063"


def test_a_tiny_number_is_not_told_as_nothing_and_stands_with_other_numbers():
    column = [[number(value)] for value in (0.5, 1.3e-5, 0.0)]
    assert aligned([["loss"], *column]).split("\n") == ["   loss", " 0.5000", "1.3e-05", " 0.0000"]


def test_words_have_a_best_and_a_worst():
    made = trials_of(
        [attempt(n, n / 10, settings={"a": 1.0, "b": "xy"[n > 4]}) for n in range(1, 9)], 1
    )
    assert effects(made, SWEEP)[1].told == "best y, worst x"


@given(st.lists(st.tuples(values, st.sampled_from("xyz")), min_size=6, max_size=30))
def test_words_are_told_apart_only_where_kruskal_and_wallis_do_so(found):
    made = [attempt(n, value, settings={"a": 1.0, "b": b}) for n, (value, b) in enumerate(found)
            if n]  # fmt: skip
    told = effects(trials_of(made, 1), SWEEP)
    groups = [[v for v, b in found[1:] if b == word] for word in "xyz"]
    groups = [group for group in groups if group]
    if told and len(groups) > 1 and len({v for v, _ in found[1:]}) > 1:
        chance = kruskal(*groups).pvalue
        assert told[1].is_seen == (chance < 0.05) or 0.045 < chance < 0.055


def over_seeds(*values: list[float | None]) -> list[Trial]:
    return trials_of(
        [
            attempt(trial, value, seed=seed)
            for trial, found in enumerate(values, 1)
            for seed, value in enumerate([1 - trial / 10, *found])
        ],
        1,
    )


def test_a_difference_is_real_if_it_is_there_for_each_seed_and_not_if_it_changes_sign():
    base = [0.5, 0.6, 0.7, 0.8, 0.9]
    real = over_seeds([v + 0.02 + v / 100 for v in base], base)
    *means, verdict = repeats_told(real, SWEEP)
    assert means[0] == "Trial 1 over 5 new seeds: accuracy 0.7270 ± 0.1597 (mean, deviation)."
    assert verdict.startswith("That is more than chance in the seeds: over the same seeds trial 1")
    chance = over_seeds([0.5, 0.7, 0.6, 0.9, 0.8], base)
    assert repeats_told(chance, SWEEP)[-1].startswith("Don't trust the difference")
    worse = over_seeds([v - 0.02 - v / 100 for v in base], base)
    assert "trial 2 is 0.027 ± " in repeats_told(worse, SWEEP)[-1]
    assert "better than trial 1" in repeats_told(worse, SWEEP)[-1]
    equal = over_seeds(base, base)
    assert repeats_told(equal, SWEEP)[-1].startswith("Don't trust the difference")
    assert repeats_told(over_seeds(base[:4], base), SWEEP)[0].startswith("Trial 2")


def test_a_repetition_that_diverged_is_told():
    told = repeats_told(over_seeds([0.5, None, 0.6, None, 0.7], [0.5, 0.6, 0.7, 0.8, 0.9]), SWEEP)
    assert told[0] == "Trial 1 diverged in 2 of 5 new seeds."
    assert told[1].startswith("Trial 2 over 5 new seeds")
    assert len(told) == 2


def test_a_layers_setting_says_of_which_layer():
    keys = ["optimizer.lr", "layers.1.out_features", "layers.2", "dropout"]
    assert names(keys) == ["lr", "layers.1.out_features", "layers.2", "dropout"]


def test_seconds_of_a_fast_trial_are_not_rounded_away():
    assert [seconds_told(x) for x in (0.015, 0.5, 12.34)] == ["0.015", "0.5", "12.3"]


def test_only_what_was_trained_to_its_end_is_repeated():
    made = trials_of(
        [attempt(1, 0.9, state="dropped"), attempt(2, 0.5), attempt(3, None), attempt(4, 0.7)], 1
    )
    assert to_repeat(made, SWEEP) == [4, 2]


@given(st.floats(0.01, 100))
def test_a_place_on_the_map_follows_powers_of_ten_where_the_range_does(value):
    low, high = 0.01, 100.0
    log, linear = LogUniform(bounds=(low, high)), Uniform(bounds=(low, high))
    assert position(log, value) == pytest.approx((math.log10(value) + 2) / 4, abs=1e-9)
    assert position(linear, value) == pytest.approx((value - low) / (high - low))


@given(st.lists(st.tuples(st.none() | values, st.floats(0.01, 100)), min_size=1, max_size=40))
def test_the_map_is_full_once_there_is_a_trial_and_trials_stand_out(found):
    picture = filled(spotted(trials(found)), 12, 8)
    assert all(place is not None and 0 <= place[0] <= 1 for row in picture for place in row)
    assert 1 <= sum(place[1] for row in picture for place in row) <= len(found)


def test_the_map_of_no_trials_is_empty():
    assert filled([], 3, 2) == [[None] * 3] * 2


def test_what_lies_far_above_is_cut_off_so_that_the_other_curves_can_be_seen():
    curves = [[(1, 1.0), (2, 0.5)], [(1, 1.1), (2, 0.4)], [(1, 0.9), (2, 1e9)]]
    made = trials_of([attempt(n, 0.5, curve=c) for n, c in enumerate(curves, 1)], 1)
    top = ceiling(made, [], LOSS)
    x, y = thin_curves(made, [], top)
    assert len(x) == len(y) == 9
    assert [v for v in y if v == v] == [1.0, 0.5, 1.1, 0.4, 0.9]
    assert math.isnan(cut_off(curves[2], top)[1][1])


def test_many_long_curves_are_drawn_by_few_points_with_their_ends_among_them():
    curve = [(epoch, 1 / epoch) for epoch in range(1, 201)]
    x, y = thin_curves([], [attempt(n, None, curve=curve) for n in range(1, 201)], math.inf)
    assert len(x) == len(y) <= MOST_POINTS + 200
    assert x[0] == 1
    assert y[-2] == 1 / 200


def test_what_is_made_of_trials_is_made_once():
    run = new_sweep()
    reader = Reader(run)
    assert reader.view() is reader.view()
    with run.file("trials.jsonl").open("a") as file:
        file.write(attempt(1, 0.5).model_dump_json() + "\n")
    first = reader.view()
    assert [trial.number for trial in first.trials] == [1]
    run.ask(do="trials", trials=30)
    second = reader.view()
    assert (first.wanted, second.wanted) == (20, 30)
    assert second.results is first.results
    assert second.thin is first.thin


@pytest.mark.parametrize("workers", [1, 48, 256])
def test_all_running_trials_are_shown_however_many_workers_there_are(workers):
    run = new_sweep()
    curve = [(epoch, 1 / (epoch + 2**-40)) for epoch in range(1_000_001, 1_000_201)]
    settings = {f"layers.{n}.out_features_of_it": 0.1 + 2**-40 * n for n in range(8)}
    running = [attempt(n, None, settings=settings, curve=curve, state="running")
               for n in range(1, workers + 1)]  # fmt: skip
    record = SweepRecord(run)
    record.live(lambda: running)
    assert [one.trial for one in run.live()] == list(range(1, workers + 1))
    for one in run.live():
        assert one.settings == settings
        assert (one.curve[0], one.curve[-1]) == (curve[0], curve[-1])
        assert 2 < len(one.curve) <= 50
    record.close()


def test_running_trials_are_asked_for_only_when_it_is_time_to_show_them():
    asked = []
    record = SweepRecord(new_sweep())
    for _ in range(100):
        record.live(lambda: asked.append(1) or [])
    assert 1 <= len(asked) < 10
    record.close()
