"""Many thin lines: they lie where their points are, without gaps, and inside of the picture."""

from hypothesis import given
from hypothesis import strategies as st

from tui_lab.lab.widgets.braille import DOTS, lines

SIZE = (12, 5)
points = st.lists(st.tuples(st.floats(0, 10), st.floats(-5, 5)), min_size=1, max_size=8)


def dots(rows: list[str]) -> set[tuple[int, int]]:
    return {
        (2 * x + dx, 4 * y + dy)
        for y, row in enumerate(rows)
        for x, character in enumerate(row)
        for dy, bits in enumerate(DOTS)
        for dx, bit in enumerate(bits)
        if character != " " and (ord(character) - 0x2800) & bit
    }


@given(points)
def test_a_line_goes_through_its_points_without_gaps(run):
    found = lines([run], SIZE, (0, 10), (-5, 5))
    assert [len(row) for row in found] == [SIZE[0]] * SIZE[1]
    drawn = dots(found)
    for x, y in run:
        assert (round(x / 10 * 23), round((5 - y) / 10 * 19)) in drawn
    for x, y in drawn:
        neighbours = {(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} - {(x, y)}
        assert len(drawn) == 1 or neighbours & drawn


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=3))
def test_what_lies_outside_is_not_drawn_and_breaks_nothing(run):
    run = [(max(min(x, 50), -50), max(min(y, 50), -50)) for x, y in run]
    assert all(0 <= x < 24 and 0 <= y < 20 for x, y in dots(lines([run], SIZE, (0, 10), (-5, 5))))
