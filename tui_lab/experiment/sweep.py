"""What a sweep is: which settings to try, in which ranges, how often, and what to rank by."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from tui_lab.experiment.named import ByName, Part
from tui_lab.experiment.ranges import Grid, Range

MOST_TRIALS, USUAL_TRIALS = 10_000, 10
BLOCK = 8
"""Trials that learn from earlier ones learn from those in the blocks before their own.

So it makes no difference how many are trained at once, up to as many as there are in a block.
"""


class Halving(Part):
    """Successive halving: who is in the worse half after a few epochs doesn't get more of them.

    After `first_epochs`, twice, four times … as many, a trial goes on only if it is better there
    than half of the trials in the blocks before its own (Li et al., ASHA, 2020).
    """

    first_epochs: Annotated[int, Field(ge=1)] = 1


class Sweep(Part):
    """Many trainings of one Experiment that differ in a few settings, ranked by validation."""

    settings: dict[str, Annotated[Range, ByName(Range)]]
    """The ranges, by the keys of `--set`, such as `optimizer.lr`."""
    method: Literal["random", "grid", "tpe"] = "random"
    """tpe looks where earlier trials were good (Bergstra et al., 2011); it needs Optuna."""
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)] | None = None
    """How many draws; left out 10, or all points of the grid."""
    seeds: Annotated[int, Field(ge=1, le=100)] = 1
    """How many trainings a draw, each from another seed; their mean counts."""
    metric: Literal["loss", "accuracy", "rmse"] = "loss"
    """What ranks the trials: the value on the validation rows in the epoch of the least loss."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides the draws, each by its number alone."""
    halving: Halving | None = None

    @property
    def points(self) -> int:
        """How many points its grid has."""
        return prod(len(r.values) for r in self.settings.values() if isinstance(r, Grid))

    @property
    def count(self) -> int:
        """How many trials it has."""
        return self.trials or (self.points if self.method == "grid" else USUAL_TRIALS)

    @property
    def in_blocks(self) -> bool:
        """Whether a trial depends on those in the blocks before its own."""
        return self.method == "tpe" or self.halving is not None

    def first_of_block(self, number: int) -> int:
        """The number of the first trial in the block of a trial."""
        return number - (number - 1) % BLOCK

    def is_better(self, value: float, other: float) -> bool:
        """Whether a value of the metric is better than another."""
        return value > other if self.metric == "accuracy" else value < other
