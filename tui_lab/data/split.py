"""Sharing rows out into train, validation and test, each class in proportion."""

import numpy as np

from tui_lab.errors import BadInput

Rows = np.ndarray
"""Row numbers, from 0 (int64)."""


def split_rows(
    groups: np.ndarray, shares: tuple[float, float, float], seed: int
) -> tuple[Rows, Rows, Rows]:
    """Row numbers of train, validation and test; the same seed gives the same ones.

    `groups` (rows,) are class numbers: each class is shared out to within one row of `shares`,
    and has a row in train before any other split.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(groups))
    order = order[np.argsort(groups[order], kind="stable")]
    counts = _counts(np.bincount(groups), np.array(shares))
    if counts.sum(axis=0).min() < 1 or counts[:, 0].sum() < 2:
        percents = ", ".join(f"{share:.0%}" for share in shares)
        raise BadInput(f"{len(groups)} rows are too few for splits of {percents}")
    part = np.repeat(np.tile([0, 1, 2], len(counts)), counts.ravel())
    train, validation, test = (random.permutation(order[part == i]) for i in range(3))
    return train, validation, test


def _counts(sizes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(classes, 3): how many rows of each class go where.

    Each split gets its whole rows; those left over go to the splits that were owed most so far.
    """
    counts = np.floor(np.outer(sizes, shares) + 1e-9).astype(np.int64)
    owed = np.zeros(3)
    for size, given in zip(sizes, counts, strict=True):
        owed += size * shares - given
        first = owed + np.array([np.inf if given[0] == 0 else 0.0, 0.0, 0.0])
        extra = np.argsort(-first, kind="stable")[: size - given.sum()]
        given[extra] += 1
        owed[extra] -= 1
    return counts
