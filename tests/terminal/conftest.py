from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from terminal.pty_lab import PROGRAM, PtyLab, trainers, waited

from tui_lab.runs.run import Run, all_runs

Open = Callable[..., PtyLab]

WIDE = "[{Linear: 512}, ReLU, {Linear: 512}, ReLU, {Linear: 10}]"
"""A network whose arithmetic takes so long that no machine is through before it is looked at."""


@pytest.fixture
def open_lab(home: Path) -> Iterator[Open]:
    """Opens labs; afterwards neither they nor their trainers are left."""
    labs = []

    def opened(*words: str, command: tuple[str, ...] = (PROGRAM,), **options) -> PtyLab:
        labs.append(PtyLab([*command, *words], **options))
        return labs[-1]

    yield opened
    for lab in labs:
        lab.close()
    for trainer in trainers(home):
        trainer.kill()


@pytest.fixture
def preset(tmp_path: Path) -> Callable[[int], str]:
    """Writes a preset that trains a wide network for so many epochs."""

    def written(epochs: int) -> str:
        path = tmp_path / "wide.yaml"
        path.write_text(
            f"dataset: {{name: digits}}\nlayers: {WIDE}\ntraining: {{epochs: {epochs}}}"
        )
        return str(path)

    return written


@pytest.fixture
def training(open_lab: Open, preset: Callable[[int], str]) -> Callable[[int], tuple[PtyLab, Run]]:
    """A lab in the middle of a training of so many epochs, and its run."""

    def started(epochs: int) -> tuple[PtyLab, Run]:
        lab = open_lab(preset(epochs))
        lab.wait_for("301,066")
        lab.press("t")
        lab.wait(lambda: [run for run in all_runs() if run.status()["state"] == "running"])
        lab.wait_for("running epoch")
        return lab, all_runs()[0]

    return started


@pytest.fixture
def state() -> Callable[[Run, str], bool]:
    """Whether a run comes to a state."""
    return lambda run, wanted: waited(lambda: run.status()["state"] == wanted)
