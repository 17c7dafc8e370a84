"""Curves as rows of characters, by plotext; the one place that knows its interface.

plotext gets finite, reduced series only: a NaN in a line ends the whole process from C++.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

Points = list[tuple[float, float]]
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
BRAILLE, PLAIN = "braille", "•"


def finite_runs(x: Sequence[float], y: Sequence[float]) -> Iterator[Points]:
    """The stretches of a series without NaN or infinity."""
    if math.isfinite(sum(x)) and math.isfinite(sum(y)):
        yield from [list(zip(x, y, strict=True))] if x else []
        return
    run: Points = []
    for point in zip(x, y, strict=True):
        if all(map(math.isfinite, point)):
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def reduced(points: Points, left: float, right: float, columns: int) -> Points:
    """At most two points a column, the lowest and the highest, so that spikes stay."""
    if len(points) <= 2 * columns:
        return points
    width = (right - left) / columns or 1.0
    groups: defaultdict[int, Points] = defaultdict(list)
    for point in points:
        groups[int((point[0] - left) / width)].append(point)
    kept: Points = []
    for group in groups.values():
        kept += sorted({min(group, key=_height), max(group, key=_height)})
    return kept


def _height(point: tuple[float, float]) -> float:
    return point[1]


def draw(
    runs: Sequence[Points], size: tuple[int, int], x_range: tuple[float, float],
    y_range: tuple[float, float], marker: str, lines: bool = True,
) -> list[str]:  # fmt: skip
    """The runs of one series as rows of plain characters, `size` = (columns, rows)."""
    columns, rows = size
    figure = _figure(columns, rows)
    figure.ruler(0, 0).lim(*x_range)
    figure.ruler(1, 0).lim(*y_range)
    for run in runs:
        kept = reduced(run, *x_range, columns)
        signal = figure.signal([p[0] for p in kept], [p[1] for p in kept], marker=marker)
        if lines and len(kept) > 1:
            signal.lines()
        figure.draw(signal)
    text = _ANSI.sub("", str(figure.build())) if runs else ""
    found = [line[:columns].ljust(columns) for line in text.split("\n")[:rows]]
    return found + [" " * columns] * (rows - len(found))


def _figure(columns: int, rows: int):  # type: ignore[no-untyped-def]
    import plotext

    terminal = type(plotext.terminal)()
    terminal.limit(False, False)
    figure = terminal._master
    figure.plot_size(columns, rows)
    figure.axes(False)
    for axis in (0, 1):
        for side in (0, 1):
            figure.ruler(axis, side).ticks([], [])
    return figure


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round numbers (steps of 1, 2 or 5) from low to high."""
    if not low < high or count < 1:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 5) if m * power >= raw), 10 * power)
    first = math.ceil(low / step)
    return [i * step for i in range(first, first + count + 2) if low <= i * step <= high]


def short(value: float) -> str:
    """A number in few characters: `0.05`, `12`, `1e-4`."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.3g}" if abs(value) < 1e3 else f"{value:.0f}"
    return f"{value:.1g}".replace("e-0", "e-").replace("e+0", "e")
