"""How much memory a training needs, said before it is taken."""

from math import prod
from pathlib import Path

import psutil
import torch

from tui_lab.errors import BadInput
from tui_lab.experiment.network import BYTES_PER_NUMBER, Network, Row, written_bytes
from tui_lab.experiment.optimizers import Optimizer

CONTAINER = Path("/sys/fs/cgroup")
EVALUATED_AT_ONCE = 2**24
"""Numbers that the widest layer may give at once while evaluating."""


def refuse_too_large(net: Network, optimizer: Optimizer, batch_rows: int) -> None:
    """`BadInput` if the training would not fit into memory, before the system kills it for that."""
    needed, free = needed_bytes(net, optimizer, batch_rows), free_bytes()
    if needed > free:
        heaviest = max(net.rows, key=lambda row: _numbers(row, batch_rows, 1))
        at, name = net.rows.index(heaviest) + 1, type(heaviest.layer).__name__
        raise BadInput(
            f"training needs about {written_bytes(needed)} of memory, but {written_bytes(free)} "
            f"are free here; make layer {at}, {name}, smaller, or the batch_size"
        )


def needed_bytes(net: Network, optimizer: Optimizer, batch_rows: int) -> int:
    """Weights, gradients, best weights, what the optimizer keeps, and a batch's activations."""
    copies = 3 + optimizer.state_per_parameter()
    return BYTES_PER_NUMBER * sum(_numbers(row, batch_rows, copies) for row in net.rows)


def _numbers(row: Row, batch_rows: int, copies: int) -> int:
    return copies * row.total + 2 * batch_rows * prod(row.leaves)


def free_bytes() -> int:
    """What this machine, or the container around this process, still has."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = ((CONTAINER / f"memory.{name}").read_text() for name in ("max", "current"))
        return min(free, int(limit) - int(used))
    except (OSError, ValueError):
        return free


def rows_at_once(net: Network) -> int:
    """How many rows to evaluate at once, so that the widest layer's outputs stay small."""
    return max(1, EVALUATED_AT_ONCE // max(prod(row.leaves) for row in net.rows))


def held_bytes(device: torch.device) -> int:
    """The bytes that this process holds on `device`."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(psutil.Process().memory_info().rss)
