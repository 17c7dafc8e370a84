"""In which order the training rows enter, epoch after epoch."""

from collections import deque
from typing import NamedTuple

import torch
from torch import Tensor

ROWS_AHEAD, MOST_AHEAD = 10_000, 16
"""At most orders of so many rows in all, and so many orders, are drawn at once: that takes half the
time of one by one."""


class Place(NamedTuple):
    """Where a shuffler is: so many orders of so many rows after a state of its generator."""

    state: Tensor
    """uint8, from `torch.Generator.get_state`."""
    orders: int = 0
    rows: int = 0

    def reached(self) -> Tensor:
        """The generator's state there."""
        random = torch.Generator()
        random.set_state(self.state)
        for _ in range(self.orders):
            torch.randperm(self.rows, generator=random)
        return random.get_state()


class Shuffler:
    """Gives the orders of `torch.randperm`, drawn on the CPU, so that every device gets the same.

    `is_alone`: nothing else is drawn by its generator between two orders.
    """

    def __init__(self, rows: int, device: torch.device, seed: int, *, is_alone: bool) -> None:
        self.random = torch.Generator()
        self._rows, self._device = rows, device
        self._at_once = min(max(ROWS_AHEAD // rows, 1), MOST_AHEAD) if is_alone else 1
        self._before = torch.empty(0, dtype=torch.uint8)
        """The generator's state before the orders ahead were drawn."""
        self._ahead: deque[Tensor] = deque()
        self.restart(seed)

    def restart(self, seed: int) -> None:
        """Goes to the first epoch."""
        self.random.manual_seed(seed)
        self._ahead.clear()

    def go_to(self, state: Tensor) -> None:
        """Goes to where `Place.reached` gave this state."""
        self.random.set_state(state)
        self._ahead.clear()

    @property
    def place(self) -> Place:
        """Where it is, between two epochs."""
        if not self._ahead:
            return Place(self.random.get_state())
        return Place(self._before, self._at_once - len(self._ahead), self._rows)

    def order(self) -> Tensor:
        """(rows,) int64: which row comes where in the next epoch."""
        if not self._ahead:
            self._draw()
        return self._ahead.popleft()

    def _draw(self) -> None:
        self._before = self.random.get_state()
        for _ in range(self._at_once):
            order = torch.randperm(self._rows, generator=self.random)
            self._ahead.append(order.to(self._device))
