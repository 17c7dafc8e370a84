"""Curves with axes, a legend that differs by letter too, a log scale, smoothing and a readout."""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tui_lab.errors import visible
from tui_lab.lab.widgets.plot import BRAILLE, PLAIN, draw, finite_runs, nice_ticks, short

SMOOTHING = 0.8
TAIL = 0.25
AXIS_WIDTH = 7
DIM = Style(dim=True)


@dataclass(frozen=True)
class Series:
    """One curve; `faint` ones are drawn as points beneath the others."""

    name: str
    letter: str
    color: str
    x: Sequence[float]
    y: Sequence[float]
    faint: bool = False


class Chart(Widget, can_focus=True):
    """Draws series; redraws only the rows that have changed."""

    BINDINGS: ClassVar = [
        Binding("g", "switch('log_scale')", "Log scale", id="chart.log"),
        Binding("m", "switch('smooth')", "Smooth", id="chart.smooth"),
        Binding("z", "switch('tail')", "Zoom end", show=False, id="chart.zoom"),
        Binding("left,h", "read(-1)", "Read", show=False, id="chart.left"),
        Binding("right,l", "read(1)", "Read", show=False, id="chart.right"),
        Binding("p", "switch('plain')", "Plain points", show=False, id="chart.plain"),
    ]
    log_scale: var[bool] = var(False)
    smooth: var[bool] = var(False)
    tail: var[bool] = var(False)
    plain: var[bool] = var(False)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.series: tuple[Series, ...] = ()
        self.x_label = self.y_label = ""
        self.at: int | None = None
        self.strips: list[Strip] = []

    def show(self, series: Sequence[Series], x_label: str, y_label: str) -> None:
        """Shows these curves; equal data draw nothing."""
        if (tuple(series), x_label, y_label) == (self.series, self.x_label, self.y_label):
            return
        self.series, self.x_label, self.y_label = tuple(series), x_label, y_label
        self.redraw()

    def action_switch(self, name: str) -> None:
        """Switches one of log, smooth, tail, plain."""
        setattr(self, name, not getattr(self, name))
        self.redraw()

    def action_read(self, by: int) -> None:
        """Moves the readout along the first curve."""
        points = self._xs()
        if points:
            start = len(points) - 1 if self.at is None else self.at
            self.at = max(0, min(start + by, len(points) - 1))
            self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        """Another size is another picture."""
        self.redraw()

    def redraw(self) -> None:
        """Makes the strips anew and refreshes the rows that differ."""
        old, self.strips = self.strips, self._drawn(*self.size)
        for y, strip in enumerate(self.strips):
            if y >= len(old) or old[y] != strip:
                self.refresh_line(y)

    def refresh_line(self, y: int) -> None:
        """Asks for one row to be drawn again."""
        from textual.geometry import Region

        self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row as made by `redraw`."""
        return self.strips[y] if y < len(self.strips) else Strip.blank(self.size.width)

    def _xs(self) -> list[float]:
        solid = [s for s in self.series if not s.faint and s.x]
        return list(solid[0].x) if solid else []

    def _drawn(self, width: int, height: int) -> list[Strip]:
        legend = self._legend(width)
        rows, columns = height - 3, width - AXIS_WIDTH - 1
        curves = self._curves()
        if rows < 1 or columns < 2 or not curves:
            blank = [Strip.blank(width)] * max(height - 1, 0)
            return [legend, *blank][:height]
        x_range, y_range = _ranges(curves)
        cells = self._cells(curves, (columns, rows), x_range, y_range)
        labels = self._y_labels(y_range, rows)
        body = [
            Strip([Segment(labels[row].rjust(AXIS_WIDTH), DIM), Segment("│", DIM), *cells[row]])
            for row in range(rows)
        ]
        ruler = Strip([Segment(" " * AXIS_WIDTH + "└" + "─" * columns, DIM)])
        ticks = Strip([Segment(self._x_labels(x_range, columns), DIM)])
        return [legend, *body, ruler, ticks]

    def _curves(self) -> list[tuple[Series, list[list[tuple[float, float]]]]]:
        """What is drawn: smoothed, cut to the end, as logarithms, in finite runs."""
        start = -math.inf
        xs = [s.x[-1] for s in self.series if s.x]
        if self.tail and xs:
            start = max(xs) * (1 - TAIL)
        found = []
        for series in self._smoothed():
            pairs = [
                (x, self._height(y)) for x, y in zip(series.x, series.y, strict=True) if x >= start
            ]
            runs = list(finite_runs([p[0] for p in pairs], [p[1] for p in pairs]))
            if runs:
                found.append((series, runs))
        return found

    def _smoothed(self) -> list[Series]:
        if not self.smooth:
            return list(self.series)
        raw = [replace(s, faint=True) for s in self.series if not s.faint]
        return raw + [replace(s, y=smoothed(s.y)) for s in self.series if not s.faint]

    def _height(self, y: float) -> float:
        if not self.log_scale:
            return y
        return math.log10(y) if y > 0 else math.nan

    def _cells(
        self, curves: list[tuple[Series, list[list[tuple[float, float]]]]], size: tuple[int, int],
        x_range: tuple[float, float], y_range: tuple[float, float],
    ) -> list[list[Segment]]:  # fmt: skip
        columns, rows = size
        grid = [[(" ", "")] * columns for _ in range(rows)]
        marker = PLAIN if self.plain else BRAILLE
        for series, runs in sorted(curves, key=lambda curve: not curve[0].faint):
            style = "bright_black" if series.faint else series.color
            picture = draw(runs, size, x_range, y_range, marker, lines=not series.faint)
            for y, line in enumerate(picture):
                for x, character in enumerate(line):
                    if character not in " ⠀":
                        grid[y][x] = (_merged(grid[y][x][0], character), style)
        return [
            [Segment(c, Style(color=s) if s else None) for c, s in _joined(row)] for row in grid
        ]

    def _y_labels(self, y_range: tuple[float, float], rows: int) -> list[str]:
        low, high = y_range
        labels = [""] * rows
        for tick in nice_ticks(low, high, max(rows // 4, 1)):
            row = round((high - tick) / (high - low) * (rows - 1))
            labels[row] = short(10**tick if self.log_scale else tick)
        return labels

    def _x_labels(self, x_range: tuple[float, float], columns: int) -> str:
        low, high = x_range
        line = [" "] * (AXIS_WIDTH + 1 + columns)
        for tick in nice_ticks(low, high, max(columns // 10, 1)):
            if tick != round(tick) and high - low > 2:
                continue
            text = short(tick)
            at = AXIS_WIDTH + 1 + round((tick - low) / (high - low) * (columns - 1))
            at = min(at, len(line) - len(text))
            line[at : at + len(text)] = text
        label = self.x_label
        line[0 : len(label)] = label[:AXIS_WIDTH]
        return "".join(line)[: AXIS_WIDTH + 1 + columns]

    def _legend(self, width: int) -> Strip:
        """`y: ━t train 0.31 ━v validation 0.40` at the readout's place."""
        log = " (log)" if self.log_scale else ""
        parts = [Segment(f"{visible(self.y_label)}{log} ", Style(bold=True))]
        xs = self._xs()
        where = None
        if xs and self.at is not None and self.at < len(xs) - 1:
            where = xs[self.at]
            parts.append(Segment(f"at {self.x_label} {short(where)}: "))
        for series in self.series:
            style = Style(color=series.color, dim=series.faint)
            value = _value_at(series, where)
            text = f"{series.letter}━{visible(series.name)} {value}  "
            parts.append(Segment(text, style))
        return Strip(parts).adjust_cell_length(width)


def smoothed(values: Sequence[float]) -> list[float]:
    """An exponential moving average; values that are not numbers stay gaps."""
    found, last = [], math.nan
    for value in values:
        if math.isfinite(value):
            last = SMOOTHING * last + (1 - SMOOTHING) * value if math.isfinite(last) else value
        found.append(last if math.isfinite(value) else math.nan)
    return found


def _value_at(series: Series, x: float | None) -> str:
    if not series.y:
        return ""
    place = len(series.y) - 1 if x is None else bisect.bisect_left(series.x, x)
    value = series.y[min(place, len(series.y) - 1)]
    return f"{value:.4g}" if math.isfinite(value) else "not a number"


def _ranges(curves: list[tuple[Series, list[list[tuple[float, float]]]]]) -> tuple[
    tuple[float, float], tuple[float, float]
]:  # fmt: skip
    points = [point for series, runs in curves for run in runs for point in run]
    return _widened([p[0] for p in points]), _widened([p[1] for p in points])


def _widened(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-300):
        gap = abs(low) * 0.1 or 1.0
        return low - gap, high + gap
    return low, high


def _merged(under: str, over: str) -> str:
    """Braille dots of two curves in one cell."""
    if "⠀" <= under <= "⣿" and "⠀" <= over <= "⣿":
        return chr(ord(under) | ord(over))
    return over


def _joined(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
    joined: list[tuple[str, str]] = []
    for character, style in row:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + character, style)
        else:
            joined.append((character, style))
    return joined
