"""How many batches fit into a slice of time, after which whoever asks for something is heard."""

import contextlib
import time
from collections.abc import Iterator

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

    @contextlib.contextmanager
    def training(self, batches: int) -> Iterator[None]:
        """Times the training of so many batches."""
        begun = time.perf_counter()
        yield
        self.batch_seconds = (time.perf_counter() - begun) / batches
