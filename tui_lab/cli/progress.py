"""How far something is, told on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

REDRAW_SECONDS, LINE_SECONDS = 0.1, 10
"""How often progress is told where a line can be redrawn, and where it can't."""


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Shows lines on stderr: in a terminal one that is redrawn, elsewhere now and then one."""
    redraws = sys.stderr.isatty()
    due = 0.0 if redraws else time.monotonic() + LINE_SECONDS

    def told(line: str) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + (REDRAW_SECONDS if redraws else LINE_SECONDS)
            click.echo(f"\r\x1b[K{line}" if redraws else line, nl=not redraws, err=True, color=True)

    try:
        yield told
    finally:
        if redraws and due:
            click.echo("\r\x1b[K", nl=False, err=True, color=True)


@contextmanager
def reading(dataset: Any) -> Iterator[None]:
    """Tells how far the reading within it is; before, what a table of one's own will need."""
    from tui_lab.data.needed import told_if_much
    from tui_lab.data.progress import reporting
    from tui_lab.experiment.dataset import Csv

    paths = [getattr(dataset, name) for name in dataset.paths] if isinstance(dataset, Csv) else []
    for path in filter(None, paths):
        if sentence := told_if_much(Path(path)):
            click.echo(f"note: {sentence}", err=True)
    with progress() as told, reporting(lambda share: told(f"reading {share:.0%}")):
        yield
