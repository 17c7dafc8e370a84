"""A run with weights that nobody had to train."""

import numpy as np
from safetensors.numpy import save

from tui_lab.experiment.presets import read_preset
from tui_lab.experiment.ready import ready
from tui_lab.runs.run import Run, create_run


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
