"""Tensors in a safetensors file that knows its own sha256: weights and checkpoints.

A flipped bit in a tensor can't be seen in the numbers, and PyTorch's own reader lets it through;
so the file's metadata carries a sha256 over everything else that it says.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from tui_lab.errors import BadInput
from tui_lab.runs.metadata import KEY, VERSION, parted

Tensors = dict[str, Tensor]


def tensor_bytes(tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> bytes:
    """The file's content; `about` is whatever else JSON can hold."""
    whole = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    told = json.dumps({"version": VERSION, **about})
    # one entry, because safetensors writes several in no order
    return save(whole, metadata={KEY: f"{sha256(whole, told)} {told}"})


def read_tensors(path: Path, foreign: bool = False) -> tuple[Tensors, dict[str, Any]]:
    """The tensors and what was told about them; `BadInput` unless every bit is as written.

    A `foreign` file may be another program's, of which nothing is told and nothing can be checked.
    """
    if not path.is_file():
        raise BadInput("is no file", path)
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput(f"is damaged or no safetensors file ({error})", path) from None
    sha, told, about = parted(metadata, path)
    if not sha:
        if foreign:
            return tensors, {}
        raise BadInput("was not written by tui-lab", path)
    if sha != sha256(tensors, told):
        raise BadInput("is damaged: its content doesn't match its sha256", path)
    return tensors, about


def sha256(tensors: Mapping[str, Tensor], told: str = "") -> str:
    """The hash over names, types, shapes and numbers of tensors on the CPU, and a text."""
    found = hashlib.sha256(told.encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        found.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        found.update(tensor.flatten().numpy().data)
    return found.hexdigest()
