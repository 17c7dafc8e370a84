import os
from pathlib import Path

import pytest

for name in ("NO_COLOR", "TEXTUAL_THEME"):
    os.environ.pop(name, None)

import numpy as np  # noqa: E402
from hypothesis import settings  # noqa: E402
from safetensors.numpy import save  # noqa: E402

from tui_lab.experiment.presets import load_preset, read_preset, shipped_presets  # noqa: E402
from tui_lab.experiment.ready import ready  # noqa: E402
from tui_lab.runs.run import Run, create_run  # noqa: E402

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has run directories of its own."""
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def untrained(name: str) -> Run:
    """A run of a shipped preset that has weights, of the right names and shapes but all zero."""
    ready_to_train = ready(read_preset(name))
    run = create_run(ready_to_train.experiment, name)
    tensors = {
        key: np.zeros(shape, dtype)
        for row in ready_to_train.network.rows
        for key, (shape, dtype) in row.tensors.items()
    }
    run.file("weights.safetensors").write_bytes(save(tensors))
    return run


@pytest.fixture
def sources(home: Path) -> list[Run]:
    """The runs that shipped presets take their weights from."""
    found = (load_preset(name).weights for name in shipped_presets())
    return [untrained(weights.from_) for weights in found if weights]
