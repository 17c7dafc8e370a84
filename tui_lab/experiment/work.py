"""How much work a network is: the threads that pay, and the rows to evaluate at once."""

import os
from math import prod

from tui_lab.experiment.network import Network, Row

SMALL_WORK = 20_000_000
"""Multiplications a batch below which a second thread costs more than it brings."""
EVALUATED_AT_ONCE = 2**24
"""Numbers that the widest layer may give at once while evaluating."""


def threads_for(net: Network, batch_rows: int) -> int:
    """One thread for small networks, where two are slower; all cores for large ones."""
    work = batch_rows * sum(map(_multiplications, net.rows))
    return 1 if work < SMALL_WORK else cores()


def workers_for(net: Network, batch_rows: int) -> int:
    """How many trainings at once keep the cores busy and don't get into each other's way."""
    return max(1, cores() // threads_for(net, batch_rows))


def cores() -> int:
    """The cores to use: all, or as many as `OMP_NUM_THREADS` says, as PyTorch reads it."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else os.cpu_count() or 1


def _multiplications(row: Row) -> int:
    """Each weight is used once for every position of its output: a pixel, or once in a row."""
    weight = row.parameters.get("weight", ())
    return prod(weight) * prod(row.leaves) // weight[0] if len(weight) > 1 else prod(row.leaves)


def rows_at_once(net: Network) -> int:
    """How many rows to evaluate at once, so that the widest layer's outputs stay small."""
    return max(1, EVALUATED_AT_ONCE // max((prod(row.leaves) for row in net.rows), default=1))
