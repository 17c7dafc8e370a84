"""Taking something out of a run; what a format needs is imported when it is used."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui_lab.errors import BadInput, visible

if TYPE_CHECKING:
    from tui_lab.runs.run import Run

ONNX = ("onnx", "onnxscript", "onnxruntime")
NAMED = 4
"""So many of the columns are named, the others counted."""


class Format(NamedTuple):
    """One kind of file: what it is, and how it is written after it was read back and compared."""

    about: str
    write: Callable[["Run", str, Path], str]
    """Takes the run, the format's name and the path; gives what is to be known of the file."""
    packages: tuple[str, ...] = ()
    """What has to be installed, by the extra of the format's name."""
    ending: str = ""
    """How the file's name ends, if not with the format's."""


def export(run: "Run", kind: str, path: Path) -> str:
    """Writes a run, its weights or its curves in one of `FORMATS`; what to tell of it."""
    found = FORMATS[kind]
    missing = [name for name in found.packages if importlib.util.find_spec(name) is None]
    if missing:
        what = f"{kind} needs {' and '.join(missing)}"
        raise BadInput(f"{what}, not installed here: pip install 'tui-lab[{kind}]'")
    told = found.write(run, kind, path)
    return visible(f"wrote {path}") + (f"; {told}" if told else "")


def file_name(run: "Run", kind: str) -> str:
    """What the file is called if nobody says otherwise."""
    return f"{run.id}.{FORMATS[kind].ending or kind}"


def _weights(run: "Run", kind: str, path: Path) -> str:
    """The weights of the best epoch; `BadInput` if there are none."""
    from tui_lab.runs.run import ENDED
    from tui_lab.runs.torch_process import work

    if not run.file("weights.safetensors").is_file():
        ended = run.status()["state"] in ENDED
        why = "it ended before the first were saved" if ended else "they are written when it ends"
        raise BadInput(f"{run.id} has no weights: {why}")
    work("export", kind, run.folder, path)
    return ""


def _program(run: "Run", kind: str, path: Path) -> str:
    """The network with its preparation: what a row of it has to be."""
    from tui_lab.experiment.preparation import read_preparation

    _weights(run, kind, path)
    saved = read_preparation(run.file("preparation.json"))
    names = saved.numbers
    shown = [visible(name, 40) for name in names[:NAMED]]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    words = any(column.words is not None for column in saved.columns)
    how = ", where column=word is 1 or 0" if words else ""
    count = f"{len(names)} float64 number{'s' if len(names) != 1 else ''}"
    return f"a row is {count}, unscaled: {', '.join(shown)}{more}{how}"


def _curves(run: "Run", kind: str, path: Path) -> str:
    from tui_lab.runs.epochs import write_curves

    write_curves(run, path)
    return ""


def _curves_by_torch(run: "Run", kind: str, path: Path) -> str:
    from tui_lab.runs.torch_process import work

    work("export", kind, run.folder, path)
    return ""


def _script(run: "Run", kind: str, path: Path) -> str:
    from tui_lab.runs.script import export_script

    return export_script(run, path)


FORMATS = {
    "pt": Format("weights: a PyTorch state_dict", _weights),
    "safetensors": Format("weights: safe to share, no pickle", _weights),
    "onnx": Format("raw columns to answers, for other programs", _program, ONNX),
    "pt2": Format("raw columns to answers, by torch.export", _program),
    "script": Format("plain PyTorch that trains the same", _script, ending="py"),
    "csv": Format("curves: one row an epoch", _curves),
    "tensorboard": Format("curves: a folder for TensorBoard", _curves_by_torch, ("tensorboard",)),
}
