"""Which of the compared runs is better on the test rows, by how much, and whether to believe it."""

import math
from collections.abc import Iterable, Sequence

from tui_lab.runs.contenders import Contender, settings_that_differ
from tui_lab.runs.metrics import is_better_high
from tui_lab.runs.report import number

METRICS = {"accuracy": "accuracy", "rmse": "RMSE"}
SAME_ROWS = ("batch_size", "shuffle", "scale")
"""Settings of a dataset that leave the test rows what they are."""
TRUST = 2.0
"""A difference of so many standard errors is hardly chance."""


def verdict(them: Sequence[Contender]) -> str:
    """A sentence on who is better, and one on how far to trust it; or why nobody can tell."""
    differing = settings_that_differ(them)
    said = _why_not(them, differing) or _better(them, differing)
    other_losses = [key for key in differing if key == "loss" or key.startswith("loss.")]
    more = " Their losses are different functions: compare the metric instead."
    return said + (more if other_losses else "")


def _why_not(them: Sequence[Contender], differing: Iterable[str]) -> str:
    """Why the test results can't be compared, or nothing."""
    without = [one for one in them if not one.test]
    if without:
        told = ", ".join(f"{one.label} is {one.state}" for one in without)
        return f"There is nothing to judge by yet: {told}, without results on the test rows."
    if not any(all(_value(one, metric) is not None for one in them) for metric in METRICS):
        return "Some tell classes and some tell numbers: no one measure fits them all."
    data = [key for key in differing if key.startswith("dataset.") and _moves_rows(key)]
    rows = {one.curves.test_rows for one in them}
    if data or len(rows) > 1:
        why = ", ".join(data) if data else "not even equally many"
        return f"They were tested on different rows ({why}): these numbers can't be compared."
    return ""


def _moves_rows(key: str) -> bool:
    return key.partition(".")[2] not in SAME_ROWS


def _better(them: Sequence[Contender], differing: Iterable[str]) -> str:
    metric = next(m for m in METRICS if all(_value(one, m) is not None for one in them))
    one, other = _pair(them, metric)
    a, b = _value(one, metric) or 0.0, _value(other, metric) or 0.0
    rows = one.curves.test_rows
    where = f"on the {rows:,} test rows" if rows else "on the test rows"
    numbers = f"({METRICS[metric]} {number(a)} against {number(b)})"
    if a == b:
        return f"{one.label} and {other.label} are equally good {where} {numbers}."
    word = "better" if (a > b) == is_better_high(metric) else "worse"
    first = f"{one.label} is {abs(a - b):.2g} {word} than {other.label} {where} {numbers}."
    return f"{first} {_trust(metric, a, b, rows, list(differing))}"


def _pair(them: Sequence[Contender], metric: str) -> tuple[Contender, Contender]:
    """Of two the second beside the first; of more the best beside the next best."""
    if len(them) == 2:
        return them[1], them[0]
    high = is_better_high(metric)
    ranked = sorted(them, key=lambda one: _value(one, metric) or 0.0, reverse=high)
    return ranked[0], ranked[1]


def _trust(metric: str, a: float, b: float, rows: int, differing: list[str]) -> str:
    """How far the difference is to be trusted."""
    if differing == ["training.seed"]:
        return "Only the seed differs, so this is what chance alone does."
    if metric != "accuracy" or not rows:
        return "One training each can't tell how much of it is chance: try other seeds."
    errors = standard_error(a, rows), standard_error(b, rows)
    each = f"on {rows:,} rows an accuracy is known to about ±{max(errors):.2g} (standard error)"
    if abs(a - b) < TRUST * math.hypot(*errors):
        return f"Don't trust the difference: {each}."
    return f"That is more than chance in the rows: {each}."


def standard_error(accuracy: float, rows: int) -> float:
    """sqrt(p(1-p)/n), where p counts one hit and one miss more, or it would be 0 without a miss."""
    p = (accuracy * rows + 1) / (rows + 2)
    return math.sqrt(p * (1 - p) / rows)


def _value(one: Contender, metric: str) -> float | None:
    return one.test.get(metric)
