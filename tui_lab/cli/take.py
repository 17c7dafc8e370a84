"""Taking something out of a run: its weights, its network, its curves."""

from pathlib import Path

import click

from tui_lab.cli.group import main
from tui_lab.runs.export import FORMATS


@main.command()
@click.argument("run")
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FORMATS)),
    required=True,
    help=" ".join(f"{name}: {kind.about}." for name, kind in FORMATS.items()),
)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="What to write; by default RUN.FORMAT (a script: RUN.py) in the current folder.",
)
def export(run: str, kind: str, path: Path | None) -> None:
    """Write the weights of RUN's best epoch, its network or its curves; `last` is the newest run.

    What is written is read back and compared with the run first.

    \b
    Examples:
      tui-lab export last --format pt -o digits.pt
      tui-lab export last --format script -o digits.py
    """
    from tui_lab.runs.export import export as write
    from tui_lab.runs.export import file_name
    from tui_lab.runs.run import find_run

    found = find_run(run)
    click.echo(write(found, kind, path or Path(file_name(found, kind))))
