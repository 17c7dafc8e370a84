from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from told import train_run

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import load_preset
from tui_lab.runs.run import Run, create_run

Train = Callable[..., Run]


@pytest.fixture(autouse=True)
def _threads():
    """A training sets the number of threads for its whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def new_run(home: Path) -> Train:
    """A run directory for a preset with `key=value` changes, or for an experiment as data."""

    def new(what: str | dict[str, Any], *changes: str) -> Run:
        is_name = isinstance(what, str)
        experiment = load_preset(what, changes) if is_name else Experiment.model_validate(what)
        return create_run(experiment, what if is_name else "experiment")

    return new


@pytest.fixture
def train(new_run) -> Train:
    """Trains by the real trainer, in this process."""

    def trained(what: str | dict[str, Any], *changes: str) -> Run:
        run = new_run(what, *changes)
        train_run(run)
        return run

    return trained
