"""What is in a dataset, column by column, before anything is trained on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.findings import telling_alone
from tui_lab.data.kinds import Kind, kinds_of
from tui_lab.data.prepare import split
from tui_lab.data.progress import progressed
from tui_lab.data.relation import Relation, relation
from tui_lab.data.samples import Sample, samples
from tui_lab.data.table import Table, load
from tui_lab.data.table_file import read_table
from tui_lab.data.target import class_name
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv, Dataset, Facts
from tui_lab.experiment.entering import LEARNED

BINS, FREQUENT = 12, 3
MOST_ROWS = 100_000
"""Of a larger table so many rows, drawn with a seed, are looked at."""
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class ColumnProfile:
    """One column as it stands in the file."""

    name: str
    kind: Kind
    missing: int
    least: float | None
    most: float | None
    """The range, if they are numbers and any is there."""
    different: int
    """How many different values there are."""
    frequent: tuple[tuple[str, int], ...]
    """The most frequent words, each with its rows."""
    bins: tuple[int, ...]
    """The rows in equal parts of the range; of a few numbers or of words, the rows with each."""
    relation: Relation | None
    """How much it tells of the target, in the training rows."""
    is_telling: bool = False
    """Whether it alone tells the target, as what is made from the answer does."""


@dataclass(frozen=True)
class SplitProfile:
    """A split, its rows, and how many of them are of each class."""

    name: str
    rows: int
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """A whole dataset; without facts, `problem` says why it can't be learned."""

    rows: int
    looked_at: int
    """How many rows the columns were profiled by."""
    columns: tuple[ColumnProfile, ...]
    splits: tuple[SplitProfile, ...] = ()
    facts: Facts | None = None
    problem: BadInput | None = None
    samples: tuple[Sample, ...] = ()
    """A few rows, if they are pictures."""


def frame_of(dataset: Dataset) -> pd.DataFrame:
    """All columns of a dataset, with the target among them; `BadInput` if it can't be read."""
    if isinstance(dataset, Csv):
        return read_table(Path(dataset.csv))[0]
    table = load(dataset)
    classes = np.array(table.facts.classes, object)
    target = classes[table.y] if table.facts.classes else table.y
    frame = table.features.copy(deep=False)
    frame[table.facts.target] = target
    return frame


def profile(dataset: Dataset, frame: pd.DataFrame) -> Profile:
    """Of the columns in `frame`, and of what learning from them would begin with.

    Long ones tell how far they are; see `reporting`.
    """
    try:
        table, splits, train, telling = _table(dataset)
    except BadInput as error:
        return Profile(*_columns(dataset, frame, None, frame.index[:0]), problem=error)
    rows, looked_at, columns = _columns(dataset, frame, table.facts, train)
    columns = tuple(replace(one, is_telling=one.name in telling) for one in columns)
    shown = samples(table)
    return Profile(rows, looked_at, columns, splits=splits, facts=table.facts, samples=shown)


def _table(
    dataset: Dataset,
) -> tuple[Table, tuple[SplitProfile, ...], pd.Index, list[str]]:
    """What would be learned from, its splits, where in the frame its training rows are.

    And the columns that alone tell the target; `BadInput` if it can't be learned.
    """
    table = load(dataset)
    parts = split(table, dataset)
    named = zip(SPLITS, parts, strict=True)
    splits = tuple(_split(name, table.y[rows], table.facts) for name, rows in named)
    whole = replace(table, facts=dataset.facts())
    return whole, splits, table.features.index[parts[0]], telling_alone(table, parts[0])


def _split(name: str, y: np.ndarray, facts: Facts) -> SplitProfile:
    counts = np.bincount(y, minlength=len(facts.classes)).tolist() if facts.classes else ()
    return SplitProfile(name, len(y), tuple(counts))


def _columns(
    dataset: Dataset, frame: pd.DataFrame, facts: Facts | None, train: pd.Index
) -> tuple[int, int, tuple[ColumnProfile, ...]]:
    """The rows, those looked at, and the columns; of pictures only the target is one."""
    looked = frame if len(frame) <= MOST_ROWS else frame.sample(MOST_ROWS, random_state=0)
    target = dataset.target if isinstance(dataset, Csv) else facts.target if facts else ""
    names = [target] if facts and facts.picture else [str(name) for name in frame.columns]
    kinds = _kinds(dataset, frame[names], target)
    learned = looked.index.isin(train)
    columns = []
    for place, name in enumerate(names):
        progressed(place / len(names))
        told = None
        if facts and name != target and kinds[name] in LEARNED:
            told = relation(looked[name][learned], looked[target][learned], bool(facts.classes))
        missing = int(frame[name].isna().sum())
        columns.append(_column(looked[name], kinds[name], missing, told))
    return len(frame), len(looked), tuple(columns)


def _kinds(dataset: Dataset, frame: pd.DataFrame, target: str) -> Mapping[str, Kind]:
    """In the rows that have a target, as in training, where it doesn't decide what others are."""
    rare = dataset.rare if isinstance(dataset, Csv) else 1
    own = frame[[target]] if target in frame else frame[[]]
    answered = own.notna().all(axis=1)
    if answered.any() and not answered.all():
        frame, own = frame[answered], own[answered]
    return kinds_of(frame.drop(columns=own.columns), rare) | kinds_of(own, rare)


def _column(column: pd.Series, kind: Kind, missing: int, told: Relation | None) -> ColumnProfile:
    known = column.dropna()
    is_range = is_number(column) and len(known) > 0
    counts = known.value_counts()
    return ColumnProfile(
        name=str(column.name),
        kind=kind,
        missing=missing,
        least=float(known.min()) if is_range else None,
        most=float(known.max()) if is_range else None,
        different=len(counts),
        frequent=tuple((class_name(word), int(n)) for word, n in counts.head(FREQUENT).items()),
        bins=tuple(map(int, _bins(known, counts))),
        relation=told,
    )


def _bins(known: pd.Series, counts: pd.Series) -> np.ndarray:
    """Of a few different numbers each is counted; of words the most frequent."""
    if not is_number(known):
        return counts.to_numpy()[:BINS]
    return counts.sort_index().to_numpy() if len(counts) <= BINS else np.histogram(known, BINS)[0]
