"""From a dataset to a table: the columns that enter, the target, and what is known of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number
from tui_lab.data.csv_file import read_csv
from tui_lab.data.target import FEWEST_ROWS, Target, class_name, target_of
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.dataset import Csv, Dataset, Facts, Shipped, grouped, shipped_folder
from tui_lab.experiment.generated import Generated

MOST_WORDS = 50


@dataclass(frozen=True)
class Table:
    """Rows whose target is known."""

    features: pd.DataFrame
    """Numbers and text, as read; missing values are NaN."""
    y: np.ndarray
    """Class numbers (int64) or values (float64)."""
    facts: Facts


def load(dataset: Dataset) -> Table:
    """All rows of a dataset; `BadInput` for what can't be read or learned."""
    if isinstance(dataset, Csv):
        return _csv_table(dataset)
    if isinstance(dataset, Shipped):
        return _shipped_table(dataset)
    assert isinstance(dataset, Generated)
    return _generated_table(dataset)


def csv_facts(dataset: Csv) -> Facts:
    """What an experiment must know of a CSV file, read again only when the file has changed."""
    try:
        about = Path(dataset.csv).stat()
    except (OSError, ValueError):
        return _csv_table(dataset).facts
    stamp = (about.st_dev, about.st_ino, about.st_mtime_ns, about.st_size)
    return _cached_facts(dataset.csv, dataset.target, stamp)


@lru_cache(maxsize=8)
def _cached_facts(csv: str, target: str, stamp: tuple[int, ...]) -> Facts:
    return _csv_table(Csv(csv=csv, target=target)).facts


def _csv_table(dataset: Csv) -> Table:
    path = Path(dataset.csv)
    frame = read_csv(path)
    if dataset.target not in frame.columns:
        names = [str(column) for column in frame.columns]
        hint = f"{nearest(dataset.target, names)} (columns: {visible(', '.join(names), 500)})"
        raise BadInput(f'there is no column "{visible(dataset.target, 60)}"{hint}', path)
    known = frame[frame[dataset.target].notna()]
    target = target_of(known[dataset.target], path)
    features, notes = _features(known.drop(columns=dataset.target))
    if features.empty:
        raise BadInput("has no column to learn from beside the target", path)
    if missing := len(frame) - len(known):
        notes.append(f"{missing} rows without a target were left out")
    return Table(features, target.y, _csv_facts(path, features, target, notes))


def _csv_facts(path: Path, features: pd.DataFrame, target: Target, notes: list[str]) -> Facts:
    return Facts(
        name=path.name,
        task=target.task,
        rows=len(features),
        columns=tuple(columns_of(features)),
        classes=target.classes,
        target=target.name,
        why="; ".join([target.why, *notes]),
    )


def _features(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The columns that enter, and a sentence for each reason why others don't."""
    different = frame.nunique()
    numbers = frame.columns.isin(frame.select_dtypes("number").columns)
    many = different > min(MOST_WORDS, len(frame) / 2)
    reasons = {
        "empty": different == 0,
        "the same in all rows": (different == 1) & (numbers | frame.notna().all()),
        "text that differs in most rows, like names": many & ~numbers,
    }
    notes = [
        f"left out, being {reason}: {_listed(frame.columns[out])}"
        for reason, out in reasons.items()
        if out.any()
    ]
    kept = frame.loc[:, ~np.logical_or.reduce(list(reasons.values()))]
    return kept, notes + _made_numbers(kept)


def _made_numbers(features: pd.DataFrame) -> list[str]:
    """A sentence on how texts and missing values become numbers, where there are any."""
    texts = [name for name, column in features.items() if not is_number(column)]
    holes = features.select_dtypes("number").isna().sum().sum()
    notes = [f"one number for each word of {_listed(texts)}"] if texts else []
    if without := features[texts].isna().sum().sum():
        notes.append(f"{without:,} missing words are 0 in all their numbers")
    filled = "missing numbers are filled with the median of the training rows"
    return notes + ([f"{holes:,} {filled}"] if holes else [])


def _listed(names: Iterable[object]) -> str:
    """The first three names, and how many more there are."""
    quoted = [f'"{visible(str(name), 60)}"' for name in names]
    more = f" and {len(quoted) - 3} more" if len(quoted) > 3 else ""
    return ", ".join(quoted[:3]) + more


def columns_of(features: pd.DataFrame) -> list[str]:
    """The names of the numbers that enter: a text column becomes one for each of its words."""
    names: list[str] = []
    for name, column in features.items():
        names += (
            [str(name)] if is_number(column) else [f"{name}={word}" for word in words_of(column)]
        )
    return names


def words_of(column: pd.Series) -> list[str]:
    """The different texts of a column, sorted."""
    return sorted(column.dropna().unique())


def shipped_facts(dataset: Shipped) -> Facts:
    """What is known of some rows or classes of a shipped table; `BadInput` if one has no row."""
    return _shipped_table(dataset).facts


def _shipped_table(dataset: Shipped) -> Table:
    facts, path = dataset.whole_facts(), shipped_folder("datasets") / dataset.name / "data.csv"
    frame = read_csv(path)
    if set(frame.columns) != {*facts.columns, facts.target}:
        raise BadInput("the columns are not those that card.yaml names", path, 1)
    column = frame[facts.target]
    if not facts.classes:
        y = column.to_numpy(np.float64)
    else:
        numbers = {name: number for number, name in enumerate(facts.classes)}
        y = column.map(class_name).map(numbers).to_numpy(np.float64)
    if np.isnan(y).any():
        line = int(column.index[np.isnan(y)][0])
        raise BadInput("the target is not one of those that card.yaml names", path, line)
    whole = Table(
        frame[list(facts.columns)],
        y.astype(np.int64) if facts.classes else y,
        replace(facts, rows=len(frame)),
    )
    return _some(whole, dataset)


def _some(table: Table, dataset: Shipped) -> Table:
    """Only the rows and classes that the dataset asks for."""
    first, last = dataset.rows or (1, len(table.y))
    kept, y = np.arange(len(table.y)), table.y
    kept = kept[first - 1 : last]
    classes = table.facts.classes
    if dataset.classes is not None:
        parts = grouped(dataset.classes)
        number = {name: at for at, names in enumerate(parts.values()) for name in names}
        y = np.array([number.get(name, -1) for name in classes])[y]
        kept, classes = kept[y[kept] >= 0], tuple(parts)
    facts = replace(table.facts, rows=len(kept), classes=classes)
    _refuse_too_few(facts, y[kept], dataset)
    return Table(table.features.iloc[kept], y[kept], facts)


def _refuse_too_few(facts: Facts, y: np.ndarray, dataset: Shipped) -> None:
    counts = np.bincount(y, minlength=len(facts.classes)) if facts.classes else np.array([len(y)])
    where = "{}-{}".format(*dataset.rows) if dataset.rows else "all"
    if not counts.all():
        name = visible(facts.classes[int(counts.argmin())], 60)
        raise BadInput(f'rows: there is no row of class "{name}" among rows {where}')
    if len(y) < FEWEST_ROWS:
        raise BadInput(f"rows: only {len(y)} are left; at least {FEWEST_ROWS} are needed")


def _generated_table(dataset: Generated) -> Table:
    facts, points = dataset.facts(), dataset.points()
    features = pd.DataFrame([point for point, _ in points], columns=list(facts.columns))
    y = np.array([target for _, target in points], np.int64 if facts.classes else np.float64)
    return Table(features, y, facts)
