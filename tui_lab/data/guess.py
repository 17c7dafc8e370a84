"""Which column is likely to be the target, as long as nobody has said so."""

from collections.abc import Mapping
from pathlib import Path

from tui_lab.data.kinds import Kind, kinds_of
from tui_lab.data.table_file import read_table
from tui_lab.errors import visible
from tui_lab.experiment.dataset import Csv

CALLED = ("target", "class", "label", "y", "species", "outcome", "diagnosis")
"""What targets are often called."""


def guessed_target(kinds: Mapping[str, Kind]) -> tuple[str, str]:
    """The column that is called like a target, else the last to learn from; and why."""
    by_lower = {name.strip().lower(): name for name in reversed([*kinds])}
    usable = [name for name, kind in kinds.items() if kind in ("numbers", "words")]
    for called in CALLED:
        if by_lower.get(called) in usable:
            return by_lower[called], f'"{visible(by_lower[called], 60)}" is what targets are called'
    name = (usable or list(kinds))[-1]
    return name, f'"{visible(name, 60)}" is the last column'


def target_in(path: Path) -> tuple[str, str]:
    """The likely target of the table in a file, and why; `BadInput` if it can't be read."""
    return guessed_target(kinds_of(read_table(path)[0], Csv.model_fields["rare"].default))
