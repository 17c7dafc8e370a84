"""Weights as a PyTorch file: `python -m tui_lab.training.export WEIGHTS.safetensors OUT.pt`."""

import io
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import write_file


def main() -> int:
    """Writes the state_dict and reads it back before it says done."""
    weights, path = load_file(sys.argv[1]), Path(sys.argv[2])
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    buffer.seek(0)
    again = torch.load(buffer, weights_only=True)
    if any(not torch.equal(weights[name], again[name]) for name in weights):
        print("the exported file differs from the weights", file=sys.stderr)
        return 1
    try:
        write_file(path, buffer.getvalue())
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
