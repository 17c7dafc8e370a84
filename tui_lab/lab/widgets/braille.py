"""Many lines at once as braille dots, without plotext, which takes a millisecond for each."""

import itertools
from collections.abc import Iterable, Iterator

from tui_lab.lab.widgets.plot import Points

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a character, by row and column."""


def lines(
    runs: Iterable[Points], size: tuple[int, int], x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> list[str]:  # fmt: skip
    """The runs as rows of characters, `size` = (columns, rows)."""
    columns, rows = size
    grid = [[0] * columns for _ in range(rows)]
    across, down = 2 * columns - 1, 4 * rows - 1
    to_x = across / (x_range[1] - x_range[0])
    to_y = down / (y_range[1] - y_range[0])
    for run in runs:
        places = [(round((x - x_range[0]) * to_x), round((y_range[1] - y) * to_y)) for x, y in run]
        for x, y in _dots(places):
            if 0 <= x <= across and 0 <= y <= down:
                grid[y >> 2][x >> 1] |= DOTS[y & 3][x & 1]
    return ["".join(chr(0x2800 | bits) if bits else " " for bits in row) for row in grid]


def _dots(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The dots from each place to the next, one a column or row, whichever are more."""
    yield from places[:1]
    for (x, y), (to_x, to_y) in itertools.pairwise(places):
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(1, steps + 1):
            yield x + (to_x - x) * step // steps, y + (to_y - y) * step // steps
