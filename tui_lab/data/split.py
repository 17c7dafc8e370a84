"""Sharing rows out into train, validation and test, each class in proportion."""

from collections.abc import Sequence

import numpy as np

from tui_lab.errors import BadInput

Rows = np.ndarray
"""Row numbers, from 0 (int64)."""
FREE, VALIDATION, TEST = 0, 1, 2
"""Where a row has to be; free ones are shared out."""
WORDS = {
    "train": FREE,
    "training": FREE,
    "validation": VALIDATION,
    "valid": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
}
"""What data call the splits, in lower case."""


def share_out(
    groups: np.ndarray, part: np.ndarray | None, shares: tuple[float, float, float], seed: int
) -> tuple[Rows, Rows, Rows]:
    """Row numbers of train, validation and test; `part` (rows,) says which rows aren't free.

    Train and the splits that no row has to be in share the free ones, in proportion.
    """
    if part is None:
        train, validation, test = split_rows(groups, shares, seed)
        return train, validation, test
    free, *held = (np.flatnonzero(part == split) for split in (FREE, VALIDATION, TEST))
    lacking = [split for split in (VALIDATION, TEST) if not len(held[split - 1])]
    asked = [shares[split] for split in (FREE, *lacking)]
    train, *found = split_rows(groups[free], [share / sum(asked) for share in asked], seed)
    for split, rows in zip(lacking, found, strict=True):
        held[split - 1] = free[rows]
    return free[train], held[0], held[1]


def split_rows(groups: np.ndarray, shares: Sequence[float], seed: int) -> tuple[Rows, ...]:
    """The row numbers of train and the other splits; the same seed gives the same ones.

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
    part = np.repeat(np.tile(np.arange(len(shares)), len(counts)), counts.ravel())
    return tuple(random.permutation(order[part == split]) for split in range(len(shares)))


def _counts(sizes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(classes, splits): how many rows of each class go where.

    Each split gets its whole rows; those left over go to the splits that were owed most so far.
    """
    counts = np.floor(np.outer(sizes, shares) + 1e-9).astype(np.int64)
    owed = np.zeros(len(shares))
    for size, given in zip(sizes, counts, strict=True):
        owed += size * shares - given
        first = owed.copy()
        first[0] = np.inf if given[0] == 0 else owed[0]
        extra = np.argsort(-first, kind="stable")[: size - given.sum()]
        given[extra] += 1
        owed[extra] -= 1
    return counts
