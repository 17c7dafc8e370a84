"""An Experiment on a file of one's own, without a preset: everything else is suggested."""

import os
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.changes import with_changes
from tui_lab.experiment.dataset import Csv, Dataset
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.presets import Preset, shipped_presets

PRESET_ENDINGS = (".yaml", ".yml")
TABLE_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")


def is_data(word: str) -> bool:
    """Whether a word on the command line means data, not a preset."""
    if word.lower().endswith(PRESET_ENDINGS) or word in shipped_presets():
        return False
    return os.path.exists(word) or word.lower().endswith(TABLE_ENDINGS)


def dataset_at(path: Path) -> Dataset:
    """The dataset in a file; a table's target is still to be chosen.

    `BadInput` if the file can't be opened.
    """
    from tui_lab.data.opening import are_pictures
    from tui_lab.data.picture_folder import refuse_without_folders

    whole = os.path.abspath(path)
    if os.path.isdir(path):
        refuse_without_folders(path)
    return Pictures(pictures=whole) if are_pictures(path) else Csv(csv=whole, target="")


def preset_on(
    path: str, target: str | None, task: str | None = None, changes: tuple[str, ...] = ()
) -> Preset:
    """An Experiment with every default on a file; `BadInput` if a table has no such column."""
    dataset = dataset_at(Path(path))
    if isinstance(dataset, Csv):
        if target is None:
            _refuse_no_target(Path(path))
        settings: dict[str, Any] = {"target": target, "task": task or "auto"}
        dataset = dataset.replace(**settings)
    elif target or task:
        raise BadInput("holds pictures, whose classes are known: say no target or task", path)
    experiment = Experiment(dataset=dataset)
    changed, made = with_changes(experiment, changes) if changes else (experiment, ())
    return Preset(Path(path), changed, {}, made)


def _refuse_no_target(path: Path) -> None:
    from tui_lab.data.table_file import read_table

    names = visible(", ".join(str(column) for column in read_table(path)[0].columns), 500)
    raise BadInput(f"say which column to predict with --target (columns: {names})", path)
