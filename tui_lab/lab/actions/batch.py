"""Looking at the batches that would enter, and taking over others that were tried there."""

from typing import TYPE_CHECKING

from tui_lab.experiment.dataset import Dataset
from tui_lab.lab.screens.batch import Batch

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def look(main: "Main") -> None:
    """Opens the screen on the Experiment as it is now."""

    def chosen(dataset: Dataset | None) -> None:
        if dataset is None:
            return
        batches = {"batch_size": dataset.batch_size, "shuffle": dataset.shuffle}
        changed = main.experiment.dataset.replace(**batches)
        if changed != main.experiment.dataset:
            main.become(main.experiment.replace(dataset=changed))

    main.app.push_screen(Batch(main.experiment), chosen)
