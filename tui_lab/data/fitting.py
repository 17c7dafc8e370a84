"""What is learned of the training rows before any network: how to fill and how to scale."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from tui_lab.experiment.preparation import Fill

Array = np.ndarray
AT_ONCE = 2**18
"""So many pixels are held as float64 at once."""


@dataclass(frozen=True)
class Preparation:
    """What was fitted on the training rows; the arrays hold one number a column."""

    fill: Array
    """What stands for a missing number."""
    mean: Array
    deviation: Array
    """0 for a column that is constant in training: nothing can be learned of it, so it stays 0."""
    target_mean: float = 0.0
    target_deviation: float = 1.0

    def x(self, raw: Array) -> Array:
        """Columns as read -> (rows, columns) float32 without missing values, scaled."""
        scaled = np.where(np.isnan(raw), self.fill, raw)
        scaled -= self.mean
        np.divide(scaled, self.deviation, out=scaled, where=self.deviation > 0)
        scaled[:, self.deviation == 0] = 0
        return np.asarray(scaled, np.float32)

    def y(self, y: Array) -> Array:
        """A regression's target, scaled, as float32."""
        return np.asarray((y - self.target_mean) / self.target_deviation, np.float32)

    def with_target(self, y: Array) -> "Preparation":
        """The same, with mean and deviation of the training rows' targets."""
        spread = float(y.std()) if y.min() < y.max() else 0.0
        return replace(self, target_mean=float(y.mean()), target_deviation=spread or 1.0)


def fitted(raw: Array, missing: Fill, scale: bool) -> Preparation:
    """Of training rows, (rows, columns) float64; each column by itself."""
    fill = filling(raw, missing)
    if not scale:
        return Preparation(fill, np.zeros_like(fill), np.ones_like(fill))
    full = np.where(np.isnan(raw), fill, raw)
    constant = full.min(0) == full.max(0)
    return Preparation(fill, full.mean(0), np.where(constant, 0.0, full.std(0)))


def filling(raw: Array, missing: Fill) -> Array:
    """What stands for a missing number of each column; 0 where all of them are missing."""
    some = np.where(np.isnan(raw).all(axis=0), 0.0, raw)
    if missing == "median":
        return np.asarray(np.nanmedian(some, axis=0))
    if missing == "mean":
        return np.asarray(np.nanmean(some, axis=0))
    return np.array([_most_frequent(column) for column in some.T])


def _most_frequent(column: Array) -> float:
    """The smallest of the values that are there most often."""
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return float(values[counts.argmax()])


def joined(parts: Iterable[Preparation]) -> Preparation:
    """That of all columns, from those of some beside each other."""
    found = list(parts)

    def whole(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in found])

    return Preparation(whole("fill"), whole("mean"), whole("deviation"))


def fitted_on_pixels(pixels: Array, train: Array, scale: bool) -> Preparation:
    """Of (rows, pixels) without holes: all pixels share a mean and a deviation.

    Goes through the rows block by block, so that no copy of all as float64 is needed.
    """
    fill = np.asarray(np.median(pixels[train], axis=0), np.float64)
    if not scale:
        return Preparation(fill, np.zeros_like(fill), np.ones_like(fill))
    count = len(train) * pixels.shape[1]
    mean = sum(part.sum() for part in _blocks(pixels, train)) / count
    square = sum(np.square(part - mean).sum() for part in _blocks(pixels, train)) / count
    lowest, highest = pixels[train].min(), pixels[train].max()
    deviation = np.sqrt(square) if lowest < highest else 0.0
    return Preparation(fill, np.full_like(fill, mean), np.full_like(fill, deviation))


def entered_pixels(pixels: Array, rows: Array, fitted: Preparation) -> Array:
    """(rows, pixels) float32 of some rows, scaled."""
    x = np.empty((len(rows), pixels.shape[1]), np.float32)
    start = 0
    for part in _blocks(pixels, rows):
        x[start : start + len(part)] = fitted.x(part)
        start += len(part)
    return x


def _blocks(pixels: Array, rows: Array) -> Iterable[Array]:
    size = max(1, AT_ONCE // pixels.shape[1])
    for start in range(0, len(rows), size):
        yield np.ascontiguousarray(pixels[rows[start : start + size]], np.float64)
