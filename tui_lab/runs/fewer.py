"""A curve in fewer points."""

from collections.abc import Sequence

from tui_lab.runs.trials import Point


def fewer(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most so many points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]
