"""What is drawn depends on the sweep's seed and the trial's number, and on nothing else."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.experiment.ranges import Choice, Grid, Integers, LogUniform, Uniform
from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.sweep_report import short
from tui_lab.training.draws import drawn

COURSE = Sweep(
    settings={
        "optimizer.lr": LogUniform(bounds=(1e-4, 1e-2)),
        "optimizer.momentum": Uniform(bounds=(0.85, 0.99)),
    }
)
numbers = st.integers(1, 10_000)
bounds = st.tuples(st.floats(1e-6, 1e3), st.floats(1.001, 1e6)).map(lambda p: (p[0], p[0] * p[1]))
whole = st.tuples(st.integers(-50, 50), st.integers(1, 50)).map(lambda p: (p[0], p[0] + p[1]))
ranges = (
    st.builds(Uniform, bounds=bounds)
    | st.builds(LogUniform, bounds=bounds)
    | st.builds(Integers, bounds=whole)
    | st.lists(st.booleans() | st.text(max_size=3), min_size=1).map(
        lambda values: Choice(values=tuple(values))
    )
)


def sweeps() -> st.SearchStrategy[Sweep]:
    settings = st.dictionaries(st.sampled_from("abcd"), ranges, min_size=1)
    return st.builds(Sweep, settings=settings, seed=st.integers(0, 2**63 - 1))


@given(sweeps(), numbers)
def test_a_draw_lies_in_its_ranges(sweep, number):
    for key, value in drawn(sweep, number).items():
        found = sweep.settings[key]
        if isinstance(found, Choice):
            assert value in found.values
        else:
            assert found.bounds[0] <= value <= found.bounds[1]
            assert isinstance(value, int if isinstance(found, Integers) else float)


@given(sweeps(), numbers, st.integers(1, 10_000))
def test_a_draw_is_the_same_whatever_else_is_drawn_and_however_many(sweep, number, trials):
    alone = drawn(sweep, number)
    for other in (number + 1, 1, number):
        drawn(sweep, other)
    assert drawn(sweep.replace(trials=trials), number) == alone


def test_draws_from_a_narrow_range_far_from_zero_differ_and_are_shown_as_they_are():
    narrow = Sweep(settings={"x": Uniform(bounds=(1_000_000, 1_000_400))})
    found = [drawn(narrow, number)["x"] for number in range(1, 21)]
    assert len({short(value) for value in found}) > 15
    assert [float(short(value)) for value in found] == found
    assert all(len(short(value)) <= 9 for value in drawn(COURSE, 1).values())


@given(st.integers(0, 2**63 - 2), numbers)
def test_another_seed_or_number_is_another_draw(seed, number):
    sweep = COURSE.replace(seed=seed)
    assert drawn(sweep, number) != drawn(sweep, number + 1)
    assert drawn(sweep, number) != drawn(sweep.replace(seed=seed + 1), number)


def test_the_powers_of_the_courses_rates_are_spread_evenly():
    powers = [-math.log10(drawn(COURSE, n)["optimizer.lr"]) for n in range(1, 2001)]
    momenta = [drawn(COURSE, n)["optimizer.momentum"] for n in range(1, 2001)]
    for values, low, high in ((powers, 2, 4), (momenta, 0.85, 0.99)):
        tenths = [sum(low + (high - low) * i / 10 <= v < low + (high - low) * (i + 1) / 10
                      for v in values) for i in range(10)]  # fmt: skip
        assert min(tenths) > 150
        assert max(tenths) < 250


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_grid_is_every_combination_once_the_last_setting_first(sizes):
    settings = {f"layers.{i}.p": Grid(values=tuple(range(n))) for i, n in enumerate(sizes, 1)}
    grid = Sweep(settings=settings, method="grid")
    found = [tuple(drawn(grid, n).values()) for n in range(1, grid.count + 1)]
    assert found == list(itertools.product(*map(range, sizes)))


@pytest.mark.parametrize("number", [1, 10_000])
def test_what_is_shown_is_what_was_drawn(number):
    value = drawn(COURSE, number)["optimizer.lr"]
    assert float(f"{value:.4g}") == value
