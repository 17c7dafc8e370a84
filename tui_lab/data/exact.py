"""Exactly so many bytes of a file that may be shorter or longer than it declares."""

from typing import IO

import numpy as np

PART = 2**20
"""Bytes that are read at a time."""


def exactly(file: IO[bytes], size: int) -> tuple[np.ndarray, int]:
    """Room for so many bytes, uint8, filled piece by piece; and how many of them are there.

    A file that goes on after them counts as `size` + 1.
    """
    content, filled = np.empty(size, np.uint8), 0
    while part := file.read(min(PART, size - filled + 1)):
        if filled + len(part) > size:
            return content, size + 1
        content[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
        filled += len(part)
    return content, filled
