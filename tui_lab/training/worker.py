"""How a process that works for the lab or the command line says how it went."""

import sys
from collections.abc import Callable

from tui_lab.errors import BadInput, Failure, visible


def exit_code(work: Callable[[], None]) -> int:
    """Does the work: 0, or one sentence on stderr and 2 for bad input, 1 for a failure."""
    try:
        work()
    except BadInput as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, Failure) else 2
    return 0


def note(sentence: str) -> None:
    """Something that people should know beside the result."""
    print(f"note: {visible(sentence)}", file=sys.stderr)
