"""Where runs and added datasets live."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """`$TUI_LAB_HOME`, or the platform's folder for data."""
    told = os.environ.get("TUI_LAB_HOME") or platformdirs.user_data_dir("tui-lab")
    return Path(os.path.abspath(os.path.expanduser(told)))


def added_datasets() -> Path:
    """The folder with one folder for each dataset that was added."""
    return home() / "datasets"
