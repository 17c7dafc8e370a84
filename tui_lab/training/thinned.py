"""A curve in few points, however many epochs there are."""

POINTS = 200


class Thinned:
    """Every so many epochs, and the last one; the same points for the same epochs."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, float]] = []
        self._last: tuple[int, float] | None = None
        self._every = 1

    def add(self, epoch: int, value: float) -> None:
        """Takes in the next epoch."""
        self._last = (epoch, value)
        if (epoch - 1) % self._every == 0:
            self._kept.append(self._last)
        if len(self._kept) > POINTS:
            self._kept, self._every = self._kept[::2], 2 * self._every

    @property
    def points(self) -> list[tuple[int, float]]:
        """What is kept."""
        ends = [self._last] if self._last and self._kept[-1:] != [self._last] else []
        return [*self._kept, *ends]
