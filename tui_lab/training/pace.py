"""How many batches fit into a slice of time, after which whoever asks for something is heard."""

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

    def took(self, seconds: float, batches: int) -> None:
        """So many batches were trained in so many seconds."""
        self.batch_seconds = seconds / batches
