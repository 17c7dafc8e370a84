import os
from pathlib import Path

import pytest

for name in ("NO_COLOR", "TEXTUAL_THEME"):
    os.environ.pop(name, None)

from hypothesis import settings  # noqa: E402

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has run directories of its own."""
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
