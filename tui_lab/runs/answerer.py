"""A process that answers one question after another."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast

from tui_lab.runs.torch_process import command

Reply = dict[str, Any]
"""See `tui_lab.training.trying` and `tui_lab.training.batch`."""


class Answerer:
    """Asks a module of `tui_lab.training` and hears by lines; whoever made it closes it."""

    def __init__(self, module: str, *arguments: object) -> None:
        # closed with the last look at it, which may be later than the end of the process
        self._said = tempfile.TemporaryFile("w+", errors="backslashreplace")  # noqa: SIM115
        self._process = subprocess.Popen(
            command(module, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def ask(self, **request: object) -> None:
        """Asks without waiting; of a process that has ended, `replies` tells."""
        with contextlib.suppress(OSError, ValueError):
            stdin = cast("IO[str]", self._process.stdin)
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()

    def replies(self) -> Iterator[Reply]:
        """Reply after reply, waiting for each, until the process ends."""
        with cast("IO[str]", self._process.stdout) as stdout:
            for line in stdout:
                if line.endswith("\n"):
                    yield json.loads(line)

    def last_words(self) -> str:
        """Why the process ended by itself."""
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()
        return lines[-1] if lines else f"PyTorch's process ended by itself ({code})"

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            cast("IO[str]", self._process.stdin).close()
