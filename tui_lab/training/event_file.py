"""A run's curves as an event file, which TensorBoard and others show."""

import contextlib
import tempfile
from pathlib import Path

import numpy as np

from tui_lab.errors import CannotWrite, Failure
from tui_lab.experiment.presets import resolved
from tui_lab.files import write_file
from tui_lab.runs.epochs import Row, curves
from tui_lab.runs.run import Run

NAME = "events.out.tfevents.tui-lab"
"""Always the same, so that a second export replaces the first instead of standing beside it."""


def write_event_file(run: Run, folder: Path) -> None:
    """Writes scalars an epoch, and the settings as text, into a folder that may be there."""
    rows = curves(run)
    with tempfile.TemporaryDirectory() as temporary:
        _summarise(rows, resolved(run.experiment), temporary)
        _refuse_different(rows, temporary)
        (file,) = Path(temporary).iterdir()
        content = file.read_bytes()
    _place(content, folder)


def _summarise(rows: list[Row], settings: str, folder: str) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder) as writer:
        indented = "".join(f"    {line}\n" for line in settings.splitlines())
        writer.add_text("experiment", indented)
        for row in rows:
            for name in row.keys() - {"epoch"}:
                step = int(row["epoch"])
                writer.add_scalar(_tag(name), row[name], step)


def _tag(name: str) -> str:
    """`validation_loss` stands with `train_loss` under `loss`."""
    split, _, metric = name.partition("_")
    return f"{metric}/{split}" if metric else name


def _refuse_different(rows: list[Row], folder: str) -> None:
    """`Failure` unless the file gives each number back, as the float32 that it can hold."""
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    found = EventAccumulator(folder, size_guidance={SCALARS: 0})
    found.Reload()
    for name in rows[0].keys() - {"epoch"}:
        again = [(event.step, event.value) for event in found.Scalars(_tag(name))]
        if again != [(int(row["epoch"]), float(np.float32(row[name]))) for row in rows]:
            raise Failure(f"the exported {name} differs from the run's; nothing is written")


def _place(content: bytes, folder: Path) -> None:
    made = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        write_file(folder / NAME, content)
    except OSError as error:
        raise CannotWrite(folder, error) from None
    except CannotWrite:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
