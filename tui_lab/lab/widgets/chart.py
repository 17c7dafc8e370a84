"""Curves with axes, a legend that differs by letter too, a log scale, smoothing and a readout."""

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui_lab.errors import visible
from tui_lab.lab.widgets.braille import lines
from tui_lab.lab.widgets.plot import (
    BRAILLE,
    PLAIN,
    Points,
    draw,
    finite_runs,
    nice_ticks,
    short,
)

SMOOTHING, TAIL = 0.8, 0.25
LETTER_COLOURS = {
    "A": "#5f87ff",
    "B": "#ffd700",
    "C": "#5fd75f",
    "D": "#ff5f5f",
    "E": "#5fd7d7",
    "F": "#ff5fff",
    "G": "$foreground",
    "H": "#af5f00",
}
"""The colours of series with these names; each comes nearest to another of 16 colours."""
LETTERS_APART, LETTERS_SHIFT = 24, 5
"""Columns between two letters of a curve, and between those of two neighbours."""
AXIS_WIDTH = 6
Range = tuple[float, float]
Cell = tuple[str, str]
"""A character and the name of its style."""
Mark = tuple[float, str]
"""A place on the x axis and what happened there."""


@dataclass(frozen=True)
class Series:
    """One curve; its first letter marks its end, and `faint` ones are points beneath the others.

    The letter of a `lettered` one stands all along it, for screens without colours. A `thin` one
    is many curves with gaps between them, drawn as lines beneath the others.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    faint: bool = False
    lettered: bool = False
    thin: bool = False

    @property
    def is_beneath(self) -> bool:
        """Whether it lies beneath the others."""
        return self.faint or self.thin

    @property
    def style(self) -> str:
        """The name of its component style."""
        return "faint" if self.is_beneath else self.name


@dataclass(frozen=True)
class Curve:
    """What is drawn of a series: stretches of finite points."""

    series: Series
    runs: list[Points]


class Chart(Widget, can_focus=True):
    """Draws series; refreshes only the rows that have changed."""

    COMPONENT_CLASSES: ClassVar = {
        f"chart--{name}"
        for name in ("train", "validation", "faint", "axis", "mark", *LETTER_COLOURS)
    }
    DEFAULT_CSS = "".join(f".chart--{n} {{color: {c};}}" for n, c in LETTER_COLOURS.items())
    BINDINGS: ClassVar = [
        Binding("left,h", "read(-1)", "Read values", show=False, id="chart.left"),
        Binding("right,l", "read(1)", "Read values", show=False, id="chart.right"),
    ]

    def __init__(self, x_label: str, *, id: str) -> None:
        super().__init__(id=id)
        self.x_label, self.y_label = x_label, ""
        self.series: tuple[Series, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.log_scale = self.smooth = self.tail = self.plain = False
        self.at: int | None = None
        self._strips: list[Strip] = []
        self._thin: tuple[object, list[Points]] = (None, [])
        self._beneath: tuple[object, list[str]] = (None, [])
        """The stretches of a thin series and its picture, each with what it was made of: they stay
        the same while the curve above them changes."""
        self._names = sorted(name.removeprefix("chart--") for name in self.COMPONENT_CLASSES)
        self._styles: list[Style] = []

    def show(self, series: Sequence[Series], y_label: str, marks: Sequence[Mark] = ()) -> None:
        """Shows these curves, with a vertical line and a text at each mark."""
        self.series, self.y_label = tuple(s for s in series if s.x), y_label
        self.marks = tuple(marks)
        if self.at is not None and self.at >= len(self._read_from()):
            self.at = None
        self.redraw()

    def switch(self, name: str) -> None:
        """Switches one of log_scale, smooth, tail, plain."""
        setattr(self, name, not getattr(self, name))
        self.redraw()

    def action_read(self, by: int) -> None:
        """Moves the readout along the first curve; at its end it follows the newest value."""
        last = len(self._read_from()) - 1
        if last >= 0:
            at = max((last if self.at is None else self.at) + by, 0)
            self.at = at if at < last else None
            self.redraw()

    def _read_from(self) -> Sequence[float]:
        return next((s.x for s in self.series if not s.is_beneath), ())

    def on_resize(self) -> None:
        """Another size is another picture."""
        self.redraw()

    def notify_style_update(self) -> None:
        """Another theme has other colours; other changes of style leave the picture as it is."""
        super().notify_style_update()
        if self.is_mounted:
            old, self._styles = self._styles, [self._style(name) for name in self._names]
            if old != self._styles:
                self.redraw()

    def redraw(self) -> None:
        """Makes the strips anew and refreshes the rows that differ."""
        if not self.is_mounted or not self.size:
            return
        old, self._strips = self._strips, self._drawn(*self.size)
        for y, strip in enumerate(self._strips):
            if y >= len(old) or old[y] != strip:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row as made by `redraw`."""
        strip = self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)
        return strip.apply_style(self.rich_style)

    def _style(self, name: str) -> Style:
        known = f"chart--{name}" in self.COMPONENT_CLASSES
        return self.get_component_rich_style(f"chart--{name}" if known else "chart--axis")

    def _drawn(self, width: int, height: int) -> list[Strip]:
        """Legend, curves, ruler and its numbers; only the legend while there is nothing."""
        rows, columns = height - 3, width - AXIS_WIDTH - 1
        curves = self._curves()
        strips = [Strip(self._legend(width)).adjust_cell_length(width)]
        if rows >= 1 and columns >= 2 and curves:
            x_range, y_range = self._ranges(curves)
            axis = self._style("axis")
            labels = self._y_labels(y_range, rows)
            for label, cells in zip(labels, self._cells(curves, (columns, rows), x_range, y_range),
                                    strict=True):  # fmt: skip
                parts = [Segment(text, self._style(style) if style else None)
                         for text, style in _joined(cells)]  # fmt: skip
                strips.append(Strip([Segment(f"{label:>{AXIS_WIDTH}}│", axis), *parts]))
            ruler = " " * AXIS_WIDTH + "└" + "─" * columns
            strips.append(Strip([Segment(ruler, axis)]))
            strips.append(Strip([Segment(self._x_labels(x_range, columns), axis)]))
        return [*strips, *[Strip.blank(width)] * (height - len(strips))][:height]

    def _curves(self) -> list[Curve]:
        """What is drawn: smoothed, cut to the end, as logarithms, in finite stretches."""
        ends = [s.x[-1] for s in self.series]
        start = max(ends) * (1 - TAIL) if self.tail and ends else -math.inf
        found = []
        for series in self._smoothed():
            runs = self._thin_runs(series, start) if series.thin else self._runs(series, start)
            found += [Curve(series, runs)] if runs else []
        return sorted(found, key=lambda curve: not curve.series.is_beneath)

    def _runs(self, series: Series, start: float) -> list[Points]:
        first = bisect.bisect_left(series.x, start)
        return list(finite_runs(series.x[first:], [self._height(y) for y in series.y[first:]]))

    def _thin_runs(self, series: Series, start: float) -> list[Points]:
        of = (series.x, series.y, start, self.log_scale)
        if self._thin[0] != of:
            self._thin = of, self._runs(series, start)
        return self._thin[1]

    def _smoothed(self) -> list[Series]:
        if not self.smooth:
            return list(self.series)
        solid = [s for s in self.series if not s.is_beneath]
        thin = [s for s in self.series if s.thin]
        raw = [replace(s, faint=True) for s in solid]
        return thin + raw + [replace(s, y=smoothed(s.y)) for s in solid]

    def _height(self, y: float) -> float:
        if not self.log_scale:
            return y
        return math.log10(y) if y > 0 else math.nan

    def _ranges(self, curves: list[Curve]) -> tuple[Range, Range]:
        """The axes' ranges; a linear one starts at zero where zero is not far below."""
        points = [point for curve in curves for run in curve.runs for point in run]
        low, high = _widened([p[1] for p in points])
        if not self.log_scale and 0 < low < high / 2:
            low = 0.0
        return _widened([p[0] for p in points]), (low, high)

    def _cells(
        self, curves: list[Curve], size: tuple[int, int], x_range: Range, y_range: Range
    ) -> list[list[Cell]]:
        """The picture, row by row; each curve's letter stands at its end."""
        columns, rows = size
        grid: list[list[Cell]] = [[(" ", "")] * columns for _ in range(rows)]
        marker = PLAIN if self.plain else BRAILLE
        for curve in curves:
            for y, line in enumerate(self._traced(curve, size, x_range, y_range, marker)):
                for x, character in enumerate(line):
                    if character not in " ⠀":
                        grid[y][x] = (_merged(grid[y][x][0], character), curve.series.style)
        solid = [curve for curve in curves if not curve.series.is_beneath]
        for number, curve in enumerate(solid):
            for x, y in _letters(curve, number, size, x_range, y_range):
                if grid[y][x][0].isalpha():
                    y += 1 if y + 1 < rows else -1
                grid[y][x] = (curve.series.name[0], curve.series.style)
        return self._marked(grid, size, x_range)

    def _traced(self, curve: Curve, *of: Any) -> list[str]:
        """A curve as rows of characters; the thin ones are kept until they are others."""
        if not curve.series.thin:
            return _picture(curve, *of)
        if self._beneath[0] != (key := (curve.runs, *of)):
            self._beneath = key, _picture(curve, *of)
        return self._beneath[1]

    def _marked(
        self, grid: list[list[Cell]], size: tuple[int, int], x_range: Range
    ) -> list[list[Cell]]:
        """A line with its text at each mark, and one where values are read."""
        for at, text in self.marks:
            if x_range[0] <= at <= x_range[1]:
                _write_mark(grid, _place((at, 0), size, x_range, (0, 1))[0], visible(text))
        if self.at is not None and x_range[0] <= self._read_from()[self.at] <= x_range[1]:
            x, _ = _place((self._read_from()[self.at], 0), size, x_range, (0, 1))
            for row in grid:
                row[x] = ("┊", "mark") if row[x][0] == " " else row[x]
        return grid

    def _y_labels(self, y_range: Range, rows: int) -> list[str]:
        """Round numbers beside their rows; the ends of the range where none fits."""
        low, high = y_range
        ticks = nice_ticks(low, high, max(rows // 4, 2))
        labels = [""] * rows
        for tick in ticks if len(ticks) > 1 else [low, high]:
            row = round((high - tick) / (high - low) * (rows - 1))
            labels[row] = short(10.0 ** min(tick, 308) if self.log_scale else tick)
        return labels

    def _x_labels(self, x_range: Range, columns: int) -> str:
        low, high = x_range
        line = [" "] * (AXIS_WIDTH + 1 + columns)
        for tick in nice_ticks(low, high, max(columns // 10, 2)):
            if tick == round(tick) or high - low <= 2:
                text = short(tick)
                at = AXIS_WIDTH + 1 + round((tick - low) / (high - low) * (columns - 1))
                at = min(at, len(line) - len(text))
                line[at : at + len(text)] = text
        line[: len(self.x_label)] = self.x_label
        return "".join(line)[: AXIS_WIDTH + 1 + columns]

    def _legend(self, width: int) -> list[Segment]:
        """`loss t━train 0.31 v━validation 0.40`, at the readout's place if there is one."""
        where = None if self.at is None else self._read_from()[self.at]
        place = "" if where is None else f" at {self.x_label} {short(where)}"
        log = " (log)" if self.log_scale else ""
        head = f"{visible(self.y_label)}{log}{place} "
        entries = [(s, _value_at(s, where)) for s in self.series if not s.is_beneath]
        faint = [s for s in self.series if s.is_beneath]
        needed = sum(len(s.name) + len(v) + 4 for s, v in entries)
        long = len(head) + needed + sum(len(s.name) + 3 for s in faint) > width
        parts = [Segment(head, Style(bold=True))]
        for series, value in entries:
            name = f"{series.name[0]}━{series.name[:3] if long else series.name}"
            told = series.name if series.lettered else visible(name)
            parts.append(Segment(f"{told} {value} ", self._style(series.style)))
        return [*parts, *(Segment(f"⠐ {s.name} ", self._style("faint")) for s in faint)]


def _picture(
    curve: Curve, size: tuple[int, int], x_range: Range, y_range: Range, marker: str
) -> list[str]:
    """A curve as rows of characters; many thin ones as points where there are no fine dots."""
    if not curve.series.thin:
        return draw(curve.runs, size, x_range, y_range, marker, not curve.series.faint)
    if marker == BRAILLE:
        return lines(curve.runs, size, x_range, y_range)
    return draw([list(itertools.chain(*curve.runs))], size, x_range, y_range, marker, lines=False)


def smoothed(values: Sequence[float]) -> list[float]:
    """An exponential moving average; values that are not numbers stay gaps."""
    found, last = [], math.nan
    for value in values:
        if math.isfinite(value):
            last = SMOOTHING * last + (1 - SMOOTHING) * value if math.isfinite(last) else value
        found.append(last if math.isfinite(value) else math.nan)
    return found


def _value_at(series: Series, x: float | None) -> str:
    place = len(series.y) - 1 if x is None else bisect.bisect_left(series.x, x)
    value = series.y[min(place, len(series.y) - 1)]
    return f"{value:.3g}" if math.isfinite(value) else "not a number"


def _widened(values: list[float]) -> Range:
    low, high = min(values), max(values)
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-300):
        gap = abs(low) * 0.1 or 1.0
        return low - gap, high + gap
    return low, high


def _place(
    point: tuple[float, float], size: tuple[int, int], x_range: Range, y_range: Range
) -> tuple[int, int]:
    """The column and row of a point."""
    (left, right), (low, high), (columns, rows) = x_range, y_range, size
    x = round((point[0] - left) / (right - left) * (columns - 1))
    y = round((high - point[1]) / (high - low) * (rows - 1))
    return min(max(x, 0), columns - 1), min(max(y, 0), rows - 1)


def _letters(
    curve: Curve, number: int, size: tuple[int, int], x_range: Range, y_range: Range
) -> list[tuple[int, int]]:
    """Where a curve's letter stands: at its end, and along it if it is lettered."""
    places = [_place(curve.runs[-1][-1], size, x_range, y_range)]
    if curve.series.lettered:
        found = dict(_place(point, size, x_range, y_range) for run in curve.runs for point in run)
        wanted = range(LETTERS_SHIFT * number % LETTERS_APART, size[0], LETTERS_APART)
        places += [(x, found[x]) for x in {_nearest(found, want) for want in wanted}]
    return places


def _nearest(columns: Iterable[int], wanted: int) -> int:
    return min(columns, key=lambda x: abs(x - wanted))


def _write_mark(grid: list[list[Cell]], x: int, text: str) -> None:
    """A dashed line in one column where nothing else is, and the text on the side where it fits."""
    for row in grid:
        row[x] = ("╎", "mark") if row[x][0] == " " else row[x]
    room = len(grid[0]) - x - 1
    start = x - len(text) if room < len(text) <= x else x + 1
    text = text[: len(grid[0]) - start]
    places = slice(start, start + len(text))
    free = (row for row in grid if all(character == " " for character, _ in row[places]))
    for row in itertools.islice(free, 1):
        row[places] = [(character, "mark") for character in text]


def _merged(under: str, over: str) -> str:
    """Braille dots of two curves in one cell."""
    if "⠀" <= under <= "⣿" and "⠀" <= over <= "⣿":
        return chr(ord(under) | ord(over))
    return over


def _joined(row: list[Cell]) -> list[Cell]:
    """Neighbours of one style in one piece."""
    joined: list[Cell] = []
    for character, style in row:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + character, style)
        else:
            joined.append((character, style))
    return joined
