"""Importing torch in less time."""

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def without_garbage() -> Iterator[None]:
    """Importing torch leaves no garbage: none is looked for, nor later among what is there then."""
    if "torch" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
