"""How many batches fit into a slice of time, after which whoever asks for something is heard."""

import time

from tui_lab.training.engines.engine import Engine
from tui_lab.training.loop import Entering, Seen

SLICE_SECONDS = 0.01
"""About how long to train between two looks at what is asked for."""


class Pace:
    """Knows how long a batch took the last time; the first slice is a single one."""

    def __init__(self) -> None:
        self.batch_seconds = 1.0
        """How long a batch took."""

    @property
    def batches(self) -> int:
        """How many to train before the next look around, at least one."""
        return max(int(SLICE_SECONDS / self.batch_seconds), 1)

    def train(self, engine: Engine, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`, as the engine does it, and times them."""
        begun = time.perf_counter()
        engine.train(rows, seen, done, until)
        self.batch_seconds = (time.perf_counter() - begun) / (until - done)
