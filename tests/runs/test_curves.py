"""Curves keep few points and lose no spike and no gap, whatever the events hold."""

import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.experiment.presets import load_preset
from tui_lab.runs import curves
from tui_lab.runs.curves import POINTS, Curves, Kept
from tui_lab.runs.run import Tail, create_run

NUMBERS = st.floats(-1e9, 1e9) | st.sampled_from([math.nan, math.inf])
ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["loss", "accuracy", "test", "epoch", "x"]), inner, max_size=3
    ),
)  # fmt: skip
KEYS = ("batches", "rows", "step", "loss", "epoch", "train", "validation", "changes")
EVENTS = st.fixed_dictionaries(
    {"event": st.sampled_from(["started", "batch", "epoch", "changed", "tested", "_add_epochs"])},
    optional=dict.fromkeys(KEYS, ANY),
)  # fmt: skip


def epoch(number: int, value: float) -> dict:
    table = {"loss": value, "accuracy": value / 2}
    return {"event": "epoch", "epoch": number, "train": table, "validation": table}


def finite(values) -> list[float]:
    return [value for value in values if math.isfinite(value)]


@settings(max_examples=60)
@given(st.lists(NUMBERS, max_size=600), st.integers(1, 90))
def test_of_many_points_few_stay_and_among_them_the_extremes_a_gap_and_the_last(values, portion):
    with_few = 40
    old, curves.POINTS = curves.POINTS, with_few
    try:
        kept = Kept()
        for start in range(0, len(values), portion):
            part = values[start : start + portion]
            kept.extend(range(start, start + len(part)), part)
    finally:
        curves.POINTS = old
    assert len(kept.x) == len(kept.y) <= with_few + 4 * max(len(values) // with_few, 1)
    assert kept.x == sorted(kept.x)
    assert all(str(kept.y[i]) == str(values[x]) for i, x in enumerate(kept.x))
    assert (len(finite(kept.y)) < len(kept.y)) == (len(finite(values)) < len(values))
    if finite(values):
        assert max(finite(kept.y)) == max(finite(values))
        assert min(finite(kept.y)) == min(finite(values))
    if values:
        assert kept.x[-1] == len(values) - 1


def test_all_points_stay_while_they_are_few_even_equal_ones():
    kept = Kept()
    kept.extend(range(POINTS), [1.0] * POINTS)
    assert kept.x == list(range(POINTS))


def test_a_hundred_thousand_epochs_are_kept_in_a_few_thousand_points_evenly():
    found, spike = Curves(), 77_777
    for start in range(0, 100_000, 1000):
        numbers = range(start + 1, start + 1001)
        found.add([epoch(n, 9.0 if n == spike else 1 / n + n % 7 / 100) for n in numbers])
    for kept in found.values.values():
        assert len(kept.x) <= POINTS * 1.2
        gaps = [b - a for a, b in zip(kept.x, kept.x[1:], strict=False)]
        assert max(gaps) < 100_000 / POINTS * 8
    loss = found.values["validation loss"]
    assert loss.x[loss.y.index(max(loss.y[1:]))] == spike
    assert found.epochs[-1] == 100_000


@given(st.lists(EVENTS, max_size=30))
def test_no_events_break_the_curves(events):
    found = Curves()
    found.add(events[:5])
    found.add(events[5:])
    for kept in (found.batch, *found.values.values()):
        assert len(kept.x) == len(kept.y)
        assert all(isinstance(x, int | float) and math.isfinite(x) for x in kept.x)
    assert all(text.isprintable() or not text for _, text in found.changes)


def test_changes_stand_at_their_epoch():
    found = Curves()
    changed = {"event": "changed", "step": 60, "changes": ["optimizer.lr=0.1", "x\x1b[2J"]}
    found.add([{"event": "started", "batches": 40, "rows": {"test": 270}}, changed])
    assert found.changes == [(1.5, "optimizer.lr=0.1, x\\x1b[2J")]
    assert found.test_rows == 270


def test_events_read_in_one_go_are_those_that_are_read_line_by_line(home):
    run = create_run(load_preset("iris"), "x")
    good = [json.dumps(epoch(n, n / 7)) for n in range(200)]
    odd = ['{"event": "batch"', '"x": 1}', "1],[2", '{"event": "a"},{"event": "b"}', "", "null",
           '{"event": "\\ud800"}', '{"event": "batch", "loss": NaN}']  # fmt: skip
    run.file("events.jsonl").write_text("\n".join([*good[:100], *odd, *good[100:], ""]))
    expected = [json.loads(line) for line in good]
    found = [event for event in Tail(run).new() if event["event"] == "epoch"]
    assert found == expected
    assert [event["event"] for event in Tail(run).new()][100:102] == ["\ud800", "batch"]


def test_two_torn_lines_do_not_make_one_event(home):
    run = create_run(load_preset("iris"), "x")
    run.file("events.jsonl").write_text('{"event": "batch"\n"step": 1}\n{"event": "ended"}\n')
    assert Tail(run).new() == [{"event": "ended"}]
