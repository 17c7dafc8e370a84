"""Pictures as text: two pixels a character, with greys or without."""

import math

import pytest
from textual.color import Color

from tui_lab.lab.widgets.picture import beside, drawn

BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)


def colours(line) -> list[tuple[str, Color | None, Color | None]]:
    """Every character with its colour and that of its ground."""
    return [
        (char, span.style.foreground, span.style.background)
        for span in line.spans
        for char in line.plain[span.start : span.end]
    ]


def test_two_pixels_share_a_character():
    (line,) = drawn([[0, 1, 0.5], [1, 1, 0]])
    grey = Color(128, 128, 128)
    assert colours(line) == [("▀", BLACK, WHITE), ("▀", WHITE, WHITE), ("▀", grey, BLACK)]


def test_a_last_row_alone_leaves_the_ground_as_it_is():
    assert colours(drawn([[0], [0], [1]])[1]) == [("▀", WHITE, None)]


def test_colours_stay_colours():
    assert colours(drawn([[(1, 0, 0)], [(0, 0, 1)]])[0]) == [
        ("▀", Color(255, 0, 0), Color(0, 0, 255))
    ]


@pytest.mark.parametrize("value", [-3, 7, math.inf, -math.inf, math.nan])
def test_values_out_of_range_are_black_or_white(value):
    assert colours(drawn([[value], [value]])[0])[0][1] in (BLACK, WHITE)
    assert drawn([[value], [value]], plain=True)[0].plain in (" ", "█")


def test_without_colours_shades_and_half_blocks_do():
    lines = drawn([[0, 1, 0.5, 1, 0], [0, 1, 0.5, 0, 1], [1, 0, 0, 0, 0]], plain=True)
    assert [line.plain for line in lines] == [" █▒▀▄", "▀    "]
    assert all(not line.spans for line in lines)
    assert drawn([[(0, 1, 0)], [(0, 1, 0)]], plain=True)[0].plain == "▒"


def test_pictures_stand_beside_each_other():
    one, two = drawn([[0], [1]], plain=True), drawn([[1], [0]], plain=True)
    assert [line.plain for line in beside([one, two], " | ")] == ["▄ | ▀"]
