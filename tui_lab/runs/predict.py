"""A run's answers for new rows; a process of its own computes them."""

import os
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.runs.run import Run
from tui_lab.runs.torch_process import work


def predict(run: Run, file: Path, path: Path, as_json: bool = False) -> list[str]:
    """Writes the answers for a CSV file's rows to `path`; notes on what it met."""
    if not run.file("weights.safetensors").is_file():
        raise BadInput(f"{run.id} has no weights to predict with")
    if path.exists() and file.exists() and os.path.samefile(path, file):
        raise BadInput(f'"{path}" holds the rows; name another file for the answers')
    return work("predict", run.folder, file, path, *(["--json"] if as_json else []))
