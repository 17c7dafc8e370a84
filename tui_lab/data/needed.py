"""How much memory reading a table takes, known before it is read."""

import os
from pathlib import Path

from tui_lab.data.open_file import free_memory, opened
from tui_lab.errors import BadInput, visible

PARQUET = b"PAR1"
"""How a Parquet file begins."""
BYTES_PER_BYTE = 6
"""Memory that a table takes for each byte of its text, measured with room to spare."""
BYTES_PER_PACKED_BYTE = 3
"""And for each byte of a Parquet file, if nothing in it is packed well."""


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by how it begins."""
    with opened(path) as file:
        return file.read(len(PARQUET)) == PARQUET


def size_of(path: Path) -> int:
    """In bytes; `BadInput` if it is no regular file."""
    with opened(path) as file:
        return os.fstat(file.fileno()).st_size


def memory_needed(path: Path) -> int:
    """About how many bytes; more, if the file is packed."""
    return size_of(path) * (BYTES_PER_PACKED_BYTE if is_parquet(path) else BYTES_PER_BYTE)


def told_if_much(path: Path) -> str:
    """A sentence on what a table will need, if that is more than half of the free memory."""
    try:
        needed, free = memory_needed(path), free_memory()
    except BadInput:  # which reading it tells, too
        return ""
    if needed <= free / 2:
        return ""
    return (
        f"reading {visible(path.name, 60)} needs about {needed / 1e9:,.1f} GB of memory; "
        f"{free / 1e9:,.1f} GB are free"
    )
