"""Curves: whatever the numbers are, there is a picture, and nothing of them is hidden."""

import math
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from tui_lab.lab.widgets.chart import Chart, Series, smoothed
from tui_lab.lab.widgets.plot import finite_runs, nice_ticks, reduced

numbers = st.floats(-1e30, 1e30) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 5e-324])
SERIES = {
    "empty": [],
    "one point": [0.5],
    "constant": [2.0] * 9,
    "zeros": [0.0] * 9,
    "gap": [1.0, math.nan, 0.5, 0.25],
    "only nan": [math.nan] * 3,
    "infinite": [1.0, math.inf, 2.0],
    "huge": [1e300, -1e300, 0.0],
    "tiny": [5e-324, 1e-320, 0.0],
    "many": [math.sin(i) + 2 for i in range(10_000)],
}


async def picture(values: list[float], *switches: str, size: tuple[int, int] = (60, 16)) -> str:
    """The chart of one series as text."""

    class Alone(App[None]):
        def compose(self):
            yield Chart("epoch", id="chart")

    app = Alone()
    async with app.run_test(size=size) as pilot:
        chart = app.query_one(Chart)
        chart.show([Series("train", range(len(values)), values)], "loss")
        for name in switches:
            chart.switch(name)
        await pilot.pause()
        return "\n".join(chart.render_line(y).text for y in range(size[1]))


@pytest.mark.parametrize("switches", [(), ("log_scale", "smooth", "tail", "plain")])
def test_no_numbers_end_the_process(switches):
    """In a process of its own, because a mistake here ends it from C++."""
    code = (
        "import asyncio, sys; sys.path.insert(0, 'tests/lab'); import test_chart as t\n"
        "for name, values in t.SERIES.items():\n"
        "    print('drawing', name, flush=True)\n"
        f"    print(asyncio.run(t.picture(values, *{switches!r})), flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count("loss") == len(SERIES)


async def test_the_last_value_is_said_and_where_the_curve_ends():
    shown = await picture([3.0, 2.0, 1.25])
    assert "train 1.25" in shown
    assert shown.split("\n")[-3].endswith("t") or "t" in shown.split("\n", 1)[1]


async def shown(*switches: str) -> str:
    return await picture([1000.0, 100.0, *[10.0, 1.0] * 30], *switches)


async def test_a_log_scale_says_so_and_has_powers_of_ten():
    plain, log = await shown(), await shown("log_scale")
    assert "(log)" in log
    assert "(log)" not in plain
    labels = [line[:6].strip() for line in log.split("\n")[1:-2]]
    assert {"10", "100"} <= set(labels)


async def test_zooming_leaves_the_beginning_out():
    assert "  0 " not in (await shown("tail")).split("\n")[-1]


async def test_smoothing_draws_another_curve_and_says_the_raw_value():
    plain, smooth = await shown(), await shown("smooth")
    assert plain != smooth
    assert "train 1 " in smooth


async def test_plain_points_need_no_braille():
    assert max(await shown()) >= "⠁"
    assert not any("⠁" <= c <= "⣿" for c in (await shown("plain")).split("\n", 1)[1])


async def test_the_readout_says_a_value_and_forgets_it_on_a_shorter_run():
    class Alone(App[None]):
        def compose(self):
            yield Chart("epoch", id="chart")

    app = Alone()
    async with app.run_test(size=(60, 12)) as pilot:
        chart = app.query_one(Chart)
        chart.focus()
        chart.show([Series("train", [1, 2, 3], [9.0, 5.0, 2.0])], "loss")
        await pilot.press("left")
        assert "at epoch 2" in chart.render_line(0).text
        assert "train 5 " in chart.render_line(0).text
        chart.show([], "loss")
        chart.show([Series("train", [1], [7.0])], "loss")
        assert "train 7 " in chart.render_line(0).text


async def test_a_last_value_that_is_no_number_is_said():
    assert "not a number" in await picture([1.0, 2.0, math.nan])


async def test_the_axis_has_numbers_at_any_height():
    for height in (6, 9, 24):
        shown = await picture([2.5, 0.4, 0.01], size=(42, height))
        assert sum(line[:6].strip() != "" for line in shown.split("\n")[1:-2]) >= 2


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(-1e6, 1e6)), max_size=400), st.integers(1, 9)
)
def test_spikes_stay_when_points_are_left_out(points, columns):
    points = sorted(points)
    kept = reduced(points, 0, 100, columns)
    assert len(kept) <= max(2 * (columns + 1), 0)
    assert set(kept) <= set(points)
    heights = [y for _, y in points]
    if heights:
        assert (min(y for _, y in kept), max(y for _, y in kept)) == (min(heights), max(heights))


@given(st.lists(numbers, max_size=50))
def test_only_finite_stretches_are_drawn_and_none_is_lost(values):
    runs = list(finite_runs(range(len(values)), values))
    assert [y for run in runs for _, y in run] == [y for y in values if math.isfinite(y)]
    assert all(b[0] - a[0] == 1 for run in runs for a, b in pairwise(run))


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12), st.integers(1, 12))
def test_ticks_are_round_and_within(low, width, count):
    high = low + width
    ticks = nice_ticks(low, high, count)
    assert all(low <= tick <= high for tick in ticks)
    assert len(ticks) <= count + 2


@given(st.lists(numbers, min_size=1, max_size=50))
def test_smoothing_keeps_gaps_and_bounds(values):
    found = smoothed(values)
    finite = [y for y in values if math.isfinite(y)]
    assert [math.isfinite(y) for y in found] == [math.isfinite(y) for y in values]
    slack = 1e-9 * max((abs(y) for y in finite), default=0)
    assert all(min(finite) - slack <= y <= max(finite) + slack for y in found if math.isfinite(y))


async def drawn(series: list[Series], marks=(), size: tuple[int, int] = (60, 12)) -> list[str]:
    class Alone(App[None]):
        def compose(self):
            yield Chart("epoch", id="chart")

    app = Alone()
    async with app.run_test(size=size):
        app.query_one(Chart).show(series, "loss", marks)
        return [app.query_one(Chart).render_line(y).text for y in range(size[1])]


async def test_a_mark_is_a_line_with_its_text_where_nothing_is_drawn_over():
    falling = Series("train", range(21), [1 / (1 + x) for x in range(21)])
    shown = await drawn([falling], [(10.0, "lr=0.01\x1b[2J"), (99.0, "outside")])
    assert any("╎lr=0.01\\x1b[2J" in line for line in shown)
    assert sum("╎" in line for line in shown) > 5
    assert not any("outside" in line for line in shown)
    assert shown != await drawn([falling])


async def test_the_letter_of_a_lettered_curve_stands_all_along_it():
    two = [Series(letter, range(50), [height] * 50, lettered=True) for letter, height in
           (("A", 1.0), ("B", 2.0))]  # fmt: skip
    legend, *picture = await drawn(two, size=(80, 12))
    assert "A 1 B 2" in legend
    for letter in "AB":
        assert sum(line.count(letter) for line in picture) >= 4


async def test_thin_curves_are_drawn_anew_whenever_anything_about_them_changes():
    """They are kept while only the curve above them changes; that must never show."""

    class Alone(App[None]):
        def compose(self):
            yield Chart("epoch", id="chart")

    x, up, down = [1, 2, 3, 3], [1.0, 2.0, 3.0, math.nan], [3.0, 2.0, 1.0, math.nan]
    app = Alone()
    async with app.run_test(size=(60, 12)) as pilot:
        chart = app.query_one(Chart)

        def seen() -> list[str]:
            return [chart.render_line(y).text for y in range(12)]

        for y, bold in ((up, 2.0), (up, 2.5), (up, 9.0), (down, 9.0), (down, 2.0)):
            series = [Series("every", x, y, thin=True), Series("validation", x[:1], [bold])]
            chart.show(series, "loss")
            assert seen() == await drawn(series)
        before = seen()
        for name in ("plain", "log_scale"):
            chart.switch(name)
            assert seen() != before
            chart.switch(name)
            assert seen() == before
        await pilot.resize_terminal(80, 12)
        await pilot.pause()
        assert [chart.render_line(y).text for y in range(12)] == await drawn(series, size=(80, 12))
