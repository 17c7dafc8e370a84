"""Paths as people type them."""

import os
from pathlib import Path


def typed_path(text: str) -> Path:
    """The path in `text`, with `~` for the home folder; text that names no user stays."""
    return Path(os.path.expanduser(text))
