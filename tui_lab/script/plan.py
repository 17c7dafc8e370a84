"""What the parts of a script are written from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tui_lab.experiment.advice import completed, network_of
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import BatchNorm1d, BatchNorm2d
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.network import Network
from tui_lab.experiment.preparation import Fill
from tui_lab.experiment.work import rows_at_once, threads_for

Dropped = Literal["", "without target", "incomplete"]


@dataclass(frozen=True)
class Marks:
    """The column that says which rows are held for a split, and its words for both of them."""

    column: str
    validation: tuple[object, ...]
    test: tuple[object, ...]


@dataclass(frozen=True)
class Words:
    """The words of a column that have a number, as they stand in the file."""

    words: tuple[object, ...]
    other: bool
    """Whether all others share one more number."""


@dataclass(frozen=True)
class Source:
    """Where a script finds its rows, and what must be done to them."""

    sizes: tuple[int, int, int]
    """How many rows train, validation and test have."""
    file: str | None = None
    """The absolute path of the CSV file; None for one beside the script."""
    reading: Mapping[str, object] = field(default_factory=dict)
    """The keyword arguments of `pd.read_csv` beyond its defaults."""
    guarded: bool = False
    """Whether a ' stands before texts and names that spreadsheets would compute."""
    dropped: Dropped = ""
    """Which rows are not used, if there are any of that sort."""
    left_out: tuple[str, ...] = ()
    """Columns that are not learned from."""
    marks: Marks | None = None
    """Which rows have to be in a split, if any have to."""
    texts: tuple[str, ...] = ()
    """Columns of text."""
    words: Mapping[str, Words] = field(default_factory=dict)
    """Of those columns of text the words that have a number, where not all have one."""
    classes: tuple[object, ...] | None = None
    """The classes as they stand in the file; None if they only have to be sorted."""
    rare_class: bool = False
    """Whether a class is so small that its share of the training rows is not one row."""
    missing: Fill | None = None
    """What stands for missing numbers, if there are any."""
    empty: bool = False
    """Whether a column has no number at all in the training rows."""
    constant: bool = False
    """Whether a column is the same in all training rows."""
    constant_target: bool = False


@dataclass(frozen=True)
class Plan:
    """An Experiment, completed, with its data and the network's arithmetic."""

    experiment: Experiment
    facts: Facts
    source: Source
    net: Network
    loss: Loss
    run_threads: int | None

    @property
    def one_number(self) -> bool:
        """Whether the loss takes a single output a row."""
        return self.loss.targets == "one number"

    @property
    def stratified(self) -> bool:
        """Whether the rows are shared out class by class."""
        return bool(self.facts.classes) and self.experiment.dataset.stratify

    @property
    def moves(self) -> bool:
        """Whether there is a parameter to train."""
        return self.net.trainable > 0

    @property
    def loaded(self) -> list[int]:
        """The positions, from 0, of the layers that begin with weights from elsewhere."""
        weights = self.experiment.weights
        return sorted(weights.places(self.net)) if weights else []

    @property
    def lr_factor(self) -> float:
        """The share of the learning rate that loaded layers learn with; 1 if none of them moves."""
        weights = self.experiment.weights
        moves = any(self.net.rows[place].trainable for place in self.loaded)
        return weights.lr_factor if weights and moves else 1.0

    @cached_property
    def batch_size(self) -> int:
        """The rows of a batch; more than there are make one batch of all."""
        return min(self.experiment.dataset.batch_size, self.source.sizes[0])

    @property
    def single_row(self) -> bool:
        """Whether the last batch would be one row, which BatchNorm can't learn from."""
        norm = any(isinstance(row.layer, BatchNorm1d | BatchNorm2d) for row in self.net.rows)
        return norm and self.source.sizes[0] % self.batch_size == 1

    @property
    def steps(self) -> int:
        """The batches of an epoch."""
        return -(-self.source.sizes[0] // self.batch_size) - self.single_row

    @property
    def rows_at_once(self) -> int:
        """How many rows are evaluated at once."""
        return rows_at_once(self.net)

    @property
    def threads(self) -> int:
        """The threads of the run, or those that a run here would take."""
        return self.run_threads or threads_for(self.net, self.batch_size)


def plan(
    experiment: Experiment, facts: Facts, source: Source, run_threads: int | None = None
) -> Plan:
    """All that a script is written from; left out layers and losses are filled in."""
    whole = completed(experiment, facts)
    assert whole.loss is not None  # `completed` gives one
    return Plan(whole, facts, source, network_of(whole, facts), whole.loss, run_threads)
