"""Taking something out of a run: its weights."""

from pathlib import Path

import click

from tui_lab.cli.group import main
from tui_lab.errors import visible


@main.command()
@click.argument("run")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["pt", "safetensors"]),
    required=True,
    help="pt is a state_dict written by torch.save.",
)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The file to write; by default RUN.pt or RUN.safetensors in the current folder.",
)
def export(run: str, kind: str, path: Path | None) -> None:
    """Write the weights of RUN's best epoch; `last` is the newest run.

    Example: tui-lab export last --format pt -o digits.pt
    """
    from tui_lab.runs.export import export as write
    from tui_lab.runs.run import find_run

    found = find_run(run)
    target = path or Path(f"{found.id}.{kind}")
    write(found, kind, target)
    click.echo(visible(f"wrote {target}"))
