"""How much one column tells of another, from 0 (nothing) to 1 (everything)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tui_lab.data.columns import is_number


@dataclass(frozen=True)
class Relation:
    """A number from 0 to 1 and the measure that it is."""

    value: float
    measure: str


def relation(column: pd.Series, target: pd.Series, is_classes: bool) -> Relation | None:
    """Of the rows where both are known; None if one of them is the same in all of these.

    Numbers enter by their ranks, so that neither their unit nor a few outliers matter.
    """
    known = column.notna() & target.notna()
    column, target = column[known], target[known]
    if column.nunique() < 2 or target.nunique() < 2:
        return None
    if is_number(column) and is_classes:
        return Relation(_eta(pd.factorize(target)[0], _ranks(column)), "eta")
    if is_number(column):
        return Relation(_spearman(_ranks(column), _ranks(target)), "Spearman")
    groups = pd.factorize(column)[0]
    if is_classes:
        return Relation(_cramer(groups, pd.factorize(target)[0]), "Cramér's V")
    return Relation(_eta(groups, _ranks(target)), "eta")


def _ranks(numbers: pd.Series) -> np.ndarray:
    return numbers.rank().to_numpy(np.float64)


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    """The absolute correlation of the ranks (Spearman, 1904)."""
    return min(1.0, abs(float(np.corrcoef(a, b)[0, 1])))


def _eta(groups: np.ndarray, ranks: np.ndarray) -> float:
    """The correlation ratio: the root of the share of variance between the groups."""
    counts = np.bincount(groups)
    means = np.bincount(groups, ranks) / counts
    between = float((counts * (means - ranks.mean()) ** 2).sum())
    return float(min(1.0, np.sqrt(between / (len(ranks) * ranks.var()))))


def _cramer(a: np.ndarray, b: np.ndarray) -> float:
    """Cramér's V (1946): the root of chi² by its largest possible value."""
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    expected = np.outer(table.sum(1), table.sum(0)) / len(a)
    chi2 = float(((table - expected) ** 2 / expected).sum())
    return float(min(1.0, np.sqrt(chi2 / (len(a) * (min(table.shape) - 1)))))
