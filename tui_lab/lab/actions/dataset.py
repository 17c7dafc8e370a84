"""Choosing another dataset: a shipped or generated one, or a CSV file and its target."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput
from tui_lab.experiment.catalogue import all_datasets
from tui_lab.experiment.dataset import Csv, Facts
from tui_lab.experiment.edits import new_dataset
from tui_lab.lab.actions.paths import typed_path
from tui_lab.lab.screens.choose import Choose

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def choose_dataset(main: "Main") -> None:
    """Asks which dataset; a text that is no name is the path of a CSV file."""
    known = {dataset.facts().name: dataset for dataset in all_datasets()}
    notes = {name: _note(dataset.facts()) for name, dataset in known.items()}

    def chosen(name: str | None) -> None:
        if name in known:
            dataset = known[name]
            main.become(new_dataset(main.experiment, dataset, dataset.facts()))
        elif name:
            path = typed_path(name)
            main.run_worker(partial(_read_columns, main, path), thread=True, group="columns")

    free = "type to search, or a path to a CSV file"
    main.app.push_screen(Choose("Dataset", list(known), notes=notes, free=free), chosen)


def _note(facts: Facts) -> str:
    kind = f"{len(facts.classes)} classes" if facts.classes else "regression"
    return f"{facts.rows:>6,} rows {len(facts.columns):>3} features  {kind}"


def _read_columns(main: "Main", path: Path) -> None:
    """Beside the screen: reading pulls in pandas."""
    from tui_lab.data.csv_file import read_csv

    try:
        columns = [str(column) for column in read_csv(path).columns]
    except BadInput as error:
        main.app.call_from_thread(main.say, str(error))
    else:
        main.app.call_from_thread(_choose_target, main, path, columns)


def _choose_target(main: "Main", path: Path, columns: list[str]) -> None:
    def chosen(target: str | None) -> None:
        if target is not None:
            csv = Csv(csv=os.path.abspath(path), target=target)
            fresh = {
                "layers": None,
                "weights": None,
                "loss": None,
                "title": "",
                "notes": "",
                "section": "",
            }
            main.become(main.experiment.replace(dataset=csv, **fresh))

    choose = Choose("Which column is the target?", columns, columns[-1])
    main.app.push_screen(choose, chosen)
