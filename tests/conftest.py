import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# A worker of the tests has the size of the terminal that they were started in as COLUMNS and LINES.
for name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
    os.environ.pop(name, None)

from forks import Forked, Forks  # noqa: E402
from hypothesis import settings  # noqa: E402
from untrained import untrained  # noqa: E402

from tui_lab.experiment.presets import load_preset, shipped_presets  # noqa: E402
from tui_lab.runs import start  # noqa: E402
from tui_lab.runs.run import Run  # noqa: E402

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has run directories of its own."""
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """What forks the processes; it imports torch when the first one is begun."""
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture(autouse=True)
def forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainers and sweeps that a test starts itself are forked, unless it is marked `unforked`."""
    if "unforked" in request.keywords:
        return

    def process(command, log) -> Forked:
        module, *arguments = command[len(start.COMMAND) - 1 :]
        forks = request.getfixturevalue("forks")
        return forks.begin(module, arguments, log.name, start._environment())

    monkeypatch.setattr(start, "_process", process)


@pytest.fixture
def sources(home: Path) -> list[Run]:
    """The runs that shipped presets take their weights from."""
    found = (load_preset(name).weights for name in shipped_presets())
    return [untrained(weights.from_) for weights in found if weights]
