"""Where the weights come from that a run begins with, and its own copy of them.

The copy keeps a run repeatable when the other run is deleted or the file is overwritten.
"""

from dataclasses import dataclass
from pathlib import Path

from tui_lab.data.open_file import read_content
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.presets import shipped_presets
from tui_lab.experiment.weights import FILES, Weights
from tui_lab.files import write_file
from tui_lab.runs.run import Run, all_runs, run_called, runs_named

INITIAL = "initial"
_ENDINGS = f"; a file must end in {', '.join(FILES)}"


@dataclass(frozen=True)
class Source:
    """A file of weights, and the run or path by which people know it."""

    name: str
    path: Path


def find_source(weights: Weights) -> Source:
    """The newest run of that id or name that has weights, or the file; `BadInput` without one."""
    if weights.is_file:
        return Source(weights.from_, Path(weights.from_))
    by_id = run_called(weights.from_)
    named = [by_id] if by_id else runs_named(weights.from_)
    for run in named:
        if run.file("weights.safetensors").is_file():
            return Source(run.id, run.file("weights.safetensors"))
    raise BadInput(_missing(weights.from_, named))


def _missing(name: str, named: list[Run]) -> str:
    shown = visible(name, 60)
    if named:
        state = named[0].status()["state"]
        return f'the run "{visible(named[0].id)}" has no weights; it is {state}'
    if name in shipped_presets():
        return f'there is no run of "{shown}" yet; tui-lab train {shown} makes it'
    hint = nearest(name, [run.id for run in all_runs()])
    return f'there is no run "{shown}"{hint}{"" if hint else _ENDINGS}'


def copied(source: Source, run: Run) -> None:
    """Copies the weights into a run."""
    kind = FILES[source.path.suffix.lower()]
    write_file(run.file(INITIAL + kind), read_content(source.path, bytes_per_byte=1))


def initial_file(run_folder: Path) -> Path:
    """The copy that a run begins with."""
    files = (run_folder / f"{INITIAL}{kind}" for kind in set(FILES.values()))
    return next((file for file in files if file.is_file()), run_folder / f"{INITIAL}.safetensors")
