"""The rows that a run was tested on, as they were read."""

import numpy as np
import pandas as pd

from tui_lab.data.prepare import split
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.preparation import SavedPreparation
from tui_lab.runs.run import Run


def own_test_rows(run: Run, saved: SavedPreparation) -> tuple[pd.DataFrame, np.ndarray] | None:
    """The columns and the targets of a run's test rows; None if its data isn't as it was."""
    dataset = run.experiment.dataset
    try:
        table = load(dataset)
        rows = split(table, dataset)[2]
    except BadInput:
        return None
    if table.columns != saved.columns or table.facts.classes != saved.classes:
        return None
    return table.features.iloc[rows], table.y[rows]
