"""Small pictures as terminal text: two pixels a character, one above the other."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, zip_longest

from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.style import Style

Pixel = float | tuple[float, float, float]
"""Grey, or red, green and blue: each from 0 for dark to 1 for bright."""
Pixels = Sequence[Sequence[Pixel]]
"""The rows of a picture from top to bottom."""
UPPER, LOWER, SHADES = "▀", "▄", " ░▒▓█"
EDGE = 0.3
"""Two pixels that differ by more are told apart by a half block where greys can't be shown."""


def is_plain(app: App[object]) -> bool:
    """Whether the terminal shows too few colours for greys, so that shades have to do."""
    return app.no_color or app.console.color_system in (None, "standard")


def drawn(picture: Pixels, plain: bool = False) -> list[Content]:
    """The lines of a picture, as wide as its pixels and half as high; `plain` needs no colours."""
    rows = list(picture)
    pairs = zip_longest(rows[::2], rows[1::2])
    return [_plain_line(*pair) if plain else _line(*pair) for pair in pairs]


def beside(pictures: Iterable[list[Content]], gap: str = "  ") -> list[Content]:
    """Drawn pictures beside each other, all of one height."""
    return [Content(gap).join(line) for line in zip(*pictures, strict=True)]


def _line(upper: Sequence[Pixel], lower: Sequence[Pixel] | None) -> Content:
    return Content.assemble(*_runs(_style(*pair) for pair in _pairs(upper, lower)))


def _pairs(
    upper: Sequence[Pixel], lower: Sequence[Pixel] | None
) -> Iterable[tuple[Pixel, Pixel | None]]:
    nothing: Sequence[Pixel | None] = [None] * len(upper)
    return zip(upper, nothing if lower is None else lower, strict=True)


def _runs(styles: Iterable[Style]) -> Iterator[tuple[str, Style]]:
    for style, run in groupby(styles):
        yield UPPER * len(list(run)), style


@lru_cache(maxsize=4096)
def _style(upper: Pixel, lower: Pixel | None) -> Style:
    return Style(foreground=_color(upper), background=None if lower is None else _color(lower))


def _color(pixel: Pixel) -> Color:
    channels = pixel if isinstance(pixel, tuple) else (pixel, pixel, pixel)
    red, green, blue = (round(255 * _clamped(channel)) for channel in channels)
    return Color(red, green, blue)


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0) if value == value else 0.0  # NaN is dark


def _plain_line(upper: Sequence[Pixel], lower: Sequence[Pixel] | None) -> Content:
    return Content("".join(_shade(_grey(a), _grey(b or 0.0)) for a, b in _pairs(upper, lower)))


def _grey(pixel: Pixel) -> float:
    """How bright a pixel looks (ITU-R BT.601)."""
    if not isinstance(pixel, tuple):
        return _clamped(pixel)
    red, green, blue = map(_clamped, pixel)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _shade(upper: float, lower: float) -> str:
    if abs(upper - lower) > EDGE:
        return UPPER if upper > lower else LOWER
    return SHADES[round((upper + lower) / 2 * (len(SHADES) - 1))]
