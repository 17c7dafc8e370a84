"""A dataset as the network takes it."""

from dataclasses import dataclass

import numpy as np

from tui_lab.data.fitting import Preparation
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.preparation import Column, Fill, SavedPreparation

Array = np.ndarray


@dataclass(frozen=True)
class Split:
    """x: (rows, columns) float32; y: (rows,) class numbers int64 or scaled values float32."""

    x: Array
    y: Array
    rows: Array
    """Which rows of the table these are, from 0."""


@dataclass(frozen=True)
class Prepared:
    """The three splits, ready for the network."""

    facts: Facts
    train: Split
    validation: Split
    test: Split
    columns: tuple[Column, ...]
    """The table's columns as they were read."""
    preparation: Preparation
    missing: Fill
    """What stands for missing numbers."""

    @property
    def saved(self) -> SavedPreparation:
        """What a run remembers of it."""
        facts, found = self.facts, self.preparation
        return SavedPreparation(
            dataset=facts.name,
            task=facts.task,
            rows=facts.rows,
            columns=self.columns,
            missing=self.missing,
            fill=tuple(found.fill.tolist()),
            mean=tuple(found.mean.tolist()),
            deviation=tuple(found.deviation.tolist()),
            picture=facts.picture,
            target=facts.target,
            classes=facts.classes,
            target_mean=found.target_mean,
            target_deviation=found.target_deviation,
        )
