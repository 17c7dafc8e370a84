"""Who steers: of all that look at a run, one at a time may ask its trainer for something."""

import contextlib
import fcntl
import os
from types import TracebackType

from tui_lab.errors import BadInput
from tui_lab.runs.run import Run


class Helm:
    """Taken as a context or by `take`; it is free again when its holder lets go, ends or dies."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._file: int | None = None

    def take(self) -> None:
        """`BadInput` if another terminal has it; a disk that can't be written has no helm."""
        if self._file is not None:
            return
        with contextlib.suppress(OSError):
            file = os.open(self.run.file("helm"), os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                raise BadInput(f"{self.run.id} is being steered from another terminal") from None
            self._file = file

    def leave(self) -> None:
        """Lets another terminal steer."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> "Helm":
        self.take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()
