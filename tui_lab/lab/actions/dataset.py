"""Choosing another dataset, by its name or a file's path, and looking at the present one."""

from pathlib import Path
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput
from tui_lab.experiment.catalogue import Entry, entries
from tui_lab.experiment.dataset import Csv, Dataset
from tui_lab.experiment.edits import new_dataset
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.own_data import dataset_at
from tui_lab.lab.actions.paths import paths_from, typed_path
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.screens.data import DataScreen

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def choose_dataset(main: "Main") -> None:
    """Asks which dataset; a text that is no name is the path of a file."""
    known = {entry.name: entry for entry in entries()[0]}
    notes = {name: _note(entry) for name, entry in known.items()}

    def chosen(name: str | None) -> None:
        if name in known:
            _use(main, known[name])
        elif name:
            _open(main, typed_path(name))

    free = "type to search, or a path to a table or pictures (Tab completes)"
    choose = Choose("Dataset", list(known), notes=notes, free=free, complete=paths_from)
    main.app.push_screen(choose, chosen)


def _note(entry: Entry) -> str:
    kind = f"{entry.classes} classes" if entry.classes else "regression"
    origin = f" ({entry.kind})" if entry.kind in ("added", "stand-in") else ""
    features = f"{entry.features:>3} feature{'s' if entry.features != 1 else ' '}"
    return f"{entry.rows:>6,} rows {features}  {kind}{origin}"


def _use(main: "Main", entry: Entry) -> None:
    dataset = entry.dataset
    if dataset.is_read_for_facts:
        _look_at(main, dataset)
    else:
        main.become(new_dataset(main.experiment, dataset, dataset.facts()))


def look(main: "Main") -> None:
    """Shows the data of the Experiment."""
    _look_at(main, main.experiment.dataset)


def open_data(main: "Main", dataset: Dataset) -> None:
    """Begins with a dataset in a file: what is made of it is a new Experiment."""

    def use(chosen: Dataset | None) -> None:
        if chosen is None:
            left, here = dataset.title, main.called
            main.say(f"{left} is not used: this is the preset {here}; b takes another dataset")
        else:
            main.begin(Experiment(dataset=chosen), Path(chosen.title), is_saved=False)

    main.app.push_screen(DataScreen(dataset), use)


def _open(main: "Main", path: Path) -> None:
    try:
        dataset = dataset_at(path)
    except BadInput as error:
        main.say(str(error))
    else:
        _look_at(main, dataset)


def _look_at(main: "Main", dataset: Dataset) -> None:
    def use(chosen: Dataset | None) -> None:
        if chosen is not None and chosen != main.experiment.dataset:
            main.become(_with_data(main.experiment, chosen))

    main.app.push_screen(DataScreen(dataset), use)


def _with_data(experiment: Experiment, dataset: Dataset) -> Experiment:
    """The Experiment on this dataset: if it asks something else, all that was made for the old."""
    if _asked(dataset) == _asked(experiment.dataset):
        return experiment.replace(dataset=dataset)
    made = ("layers", "weights", "loss", "augmentation", "title", "notes", "section")
    fresh = {name: Experiment.model_fields[name].default for name in made}
    return experiment.replace(dataset=dataset, **fresh)


def _asked(dataset: Dataset) -> object:
    """What decides about a network's last layer and its loss."""
    if isinstance(dataset, Csv):
        return dataset.csv, dataset.target, dataset.task
    return dataset.replace(split=(0.7, 0.15, 0.15), stratify=True, scale=True, seed=0)
