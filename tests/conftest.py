import os
from pathlib import Path

import pytest

# A worker of the tests has the size of the terminal that they were started in as COLUMNS and LINES.
for name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
    os.environ.pop(name, None)

from hypothesis import settings  # noqa: E402
from untrained import untrained  # noqa: E402

from tui_lab.experiment.presets import load_preset, shipped_presets  # noqa: E402
from tui_lab.runs.run import Run  # noqa: E402

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has run directories of its own."""
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def sources(home: Path) -> list[Run]:
    """The runs that shipped presets take their weights from."""
    found = (load_preset(name).weights for name in shipped_presets())
    return [untrained(weights.from_) for weights in found if weights]
