"""How good the trials of a sweep are over two of its settings: bright is good."""

from functools import lru_cache

from textual.content import Content
from textual.widgets import Static

from tui_lab.errors import visible
from tui_lab.experiment.ranges import Range
from tui_lab.lab.widgets.picture import Pixel, drawn, is_plain
from tui_lab.lab.widgets.plot import short
from tui_lab.lab.widgets.rows import cut
from tui_lab.runs.heat import DIM, filled, spots
from tui_lab.runs.sweep_report import names
from tui_lab.runs.sweep_view import View

SCALE = ((0.27, 0.0, 0.33), (0.13, 0.57, 0.55), (0.99, 0.91, 0.14))
"""From bad to good, as viridis does it, whose steps look alike to all eyes."""
LEGEND = "bright is good"
LEAST_NAME = 6
"""Columns of an axis that its name keeps, whatever its ends take."""
LOW = 6
"""Up to so many lines all are for the map."""


class HeatMap(Static):
    """Fills in as trials end; `turn` takes the next two settings."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._view: View | None = None
        self._pair = 0
        self._shown: object = None

    def show(self, view: View) -> None:
        """Draws the trials that have ended."""
        self._view = view
        self._draw()

    def turn(self) -> None:
        """The next two settings."""
        self._pair += 1
        self._draw()

    def on_resize(self) -> None:
        """More room shows more places."""
        self._draw()

    def _draw(self) -> None:
        view = self._view
        width, height = self.content_size
        if view is None or width < 4 or height < 4:
            return
        pairs = pairs_of(list(view.sweep.settings))
        if not pairs:
            self.update(Content.styled("two settings make a map", "$foreground-muted"))
            return
        across, up = pairs[self._pair % len(pairs)]
        found = spots(view.results.graded, view.sweep, across, up)
        key = (across, up, width, height, found)
        if key == self._shown:
            return
        self._shown = key
        legend = [Content.styled(cut(LEGEND, width), "$foreground-muted")] * (height > LOW)
        rows = height - 2 - len(legend)
        grid = filled(found, width, 2 * rows)
        plain = is_plain(self.app)
        picture = drawn([[_pixel(place, plain) for place in row] for row in grid], plain)
        heads = [_axis("↑", up, view.sweep.settings[up], width)]
        feet = [_axis("→", across, view.sweep.settings[across], width)]
        self.update(Content("\n").join([*heads, *picture, *feet, *legend]))


def pairs_of(keys: list[str]) -> list[tuple[str, str]]:
    """Every two settings, the first ones first."""
    return [(a, b) for place, a in enumerate(keys) for b in keys[place + 1 :]]


def _axis(arrow: str, key: str, found: Range, width: int) -> Content:
    """`→ lr 1e-4 … 0.01 (log)`."""
    ends = [short(x) if isinstance(x, int | float) else visible(str(x), 12)
            for x in (found.ends[0], found.ends[-1])]  # fmt: skip
    told = f" {' … '.join(ends)}{' (log)' if found.is_log else ''}"
    name = cut(f"{arrow} {names([key])[0]}", max(width - len(told), LEAST_NAME))
    return Content.styled(cut(name + told, width), "$foreground-muted")


@lru_cache(maxsize=4096)  # a picture has thousands of places, and far fewer different ones
def _pixel(place: tuple[float, bool] | None, plain: bool) -> Pixel:
    if place is None:
        return 0.0
    goodness, is_there = place
    light = 1.0 if is_there else DIM
    if plain:
        return light * (0.2 + 0.8 * goodness)
    low, part = divmod(min(goodness, 0.999) * (len(SCALE) - 1), 1)
    before, after = SCALE[int(low)], SCALE[int(low) + 1]
    red, green, blue = (light * (a + (b - a) * part) for a, b in zip(before, after, strict=True))
    return red, green, blue
