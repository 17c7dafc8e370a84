"""What a `.pt` file says of its tensors, found without torch and without running anything.

The pickle in it may only put tensors into a mapping. Any other name that it asks for is refused, so
nothing of it is imported or called. Python's own unpickler, not the one in C, follows it: that one
takes gigabytes for a few hostile bytes.
"""

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.weights import Stored

MOST_PICKLE_BYTES = 1_000_000
STORAGES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16", "LongStorage": "int64", "IntStorage": "int32",
    "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip


def pickled_tensors(file: BinaryIO, path: Path) -> dict[str, Stored]:
    """Every tensor of a state_dict by name; `BadInput` for anything else in the file."""
    try:
        with zipfile.ZipFile(file) as archive:
            content = _pickle(archive, os.fstat(file.fileno()).st_size, path)
    except BadInput:
        raise
    except Exception as error:  # a damaged archive can raise anything
        told = visible(str(error), 100)
        sentence = f"is damaged or was not written by torch.save of PyTorch 1.6 or later ({told})"
        raise BadInput(sentence, path) from None
    return _tensors(content, path)


def _pickle(archive: zipfile.ZipFile, size: int, path: Path) -> bytes:
    """The pickle of an archive that is no larger unpacked than packed."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > size:
        raise BadInput("is larger unpacked than packed, so torch.save did not write it", path)
    pickles = [entry for entry in entries if entry.filename.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1 or pickles[0].file_size > MOST_PICKLE_BYTES:
        raise BadInput("is no state_dict saved by torch.save", path)
    return archive.read(pickles[0])


def _tensors(content: bytes, path: Path) -> dict[str, Stored]:
    try:
        found = _OnlyTensors(content, path).load()
    except BadInput:
        raise
    except Exception:  # a damaged pickle can raise anything
        raise BadInput("is damaged: its pickle makes no sense", path) from None
    if not isinstance(found, dict):
        kind = "tensor" if isinstance(found, Stored) else type(found).__name__
        raise BadInput(f"holds a {kind}, not a state_dict", path)
    for name, value in found.items():
        if not (isinstance(name, str) and isinstance(value, Stored)):
            told = visible(str(name), 60)
            raise BadInput(f'holds "{told}", which is no tensor; save network.state_dict()', path)
    return dict(found)


def _harmless() -> dict[int, Callable[[pickle.Unpickler], None]]:
    """What Python's unpickler does at each code, without what a state_dict doesn't need."""
    codes = pickle._Unpickler.dispatch | {pickle.BUILD[0]: _set_no_attributes}
    del codes[pickle.BYTEARRAY8[0]]  # takes as much memory as it asks for
    return codes


def _set_no_attributes(unpickler: Any) -> None:
    unpickler.stack.pop()


class _OnlyTensors(pickle._Unpickler):
    dispatch = _harmless()

    def __init__(self, content: bytes, path: Path) -> None:
        super().__init__(io.BytesIO(content))
        self.path = path

    def find_class(self, module: str, name: str) -> Any:
        """The few names that a state_dict needs; each stands for something harmless."""
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        known = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor_v2": _tensor,
            "torch._utils._rebuild_parameter": _parameter,
        }
        asked = f"{module}.{name}"
        if asked not in known:
            told = visible(asked, 100)
            raise BadInput(
                f'holds "{told}", not only tensors, and was not loaded; save network.state_dict()',
                self.path,
            )
        return known[asked]

    def persistent_load(self, pid: Any) -> str:
        """The type of the numbers in a storage."""
        _, dtype, *_ = pid
        return str(dtype)


def _tensor(dtype: str, offset: int, shape: tuple[int, ...], *more: object) -> Stored:
    if not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(shape)
    return Stored(tuple(shape), dtype)


def _parameter(tensor: Stored, *more: object) -> Stored:
    return tensor
