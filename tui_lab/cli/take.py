"""Taking something out of a run: its weights, or a script."""

from pathlib import Path

import click

from tui_lab.cli.group import TRAINING_FAILED, main
from tui_lab.errors import visible


@main.command()
@click.argument("run")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["pt", "safetensors", "script"]),
    required=True,
    help="pt is a state_dict written by torch.save, script is one plain PyTorch file.",
)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The file to write; by default RUN with the ending of the format, in the current folder.",
)
def export(run: str, kind: str, path: Path | None) -> None:
    """Write the weights of RUN's best epoch, or a script that trains the same without tui-lab;
    `last` is the newest run.

    The script is run before it is written: it has to give the losses of the run.

    \b
    Examples:
      tui-lab export last --format pt -o digits.pt
      tui-lab export last --format script -o digits.py
    """
    from tui_lab.runs.export import export as write
    from tui_lab.runs.export import file_name
    from tui_lab.runs.run import find_run
    from tui_lab.runs.script_check import Differs

    found = find_run(run)
    target = path or Path(file_name(found, kind))
    try:
        said = write(found, kind, target)
    except Differs as error:
        click.echo(f"tui-lab: {visible(str(error))}", err=True)
        raise SystemExit(TRAINING_FAILED) from None
    click.echo(visible(f"wrote {target}"))
    if said:
        click.echo(visible(said), err=True)
