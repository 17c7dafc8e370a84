"""Asking a trained network about new rows."""

import sys
from pathlib import Path

import click

from tui_lab.cli.group import main
from tui_lab.errors import visible


@main.command()
@click.argument("run")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "path",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The file to write; by default the answers go to stdout.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of CSV.")
def predict(run: str, file: Path, path: Path | None, as_json: bool) -> None:
    """Predict the target of each row of FILE.csv by RUN's network; `last` is the newest run.

    The columns are found by their names, in any order; others are ignored. Each answer says its
    row's line in the file, the class and each class's probability, or the value in the target's
    units. What is missing or unknown is told on stderr, and if the target is there, how good the
    answers are.

    Example: tui-lab predict last new.csv -o answers.csv
    """
    import tempfile  # here, because no other command needs it

    from tui_lab.runs.predict import predict as answer
    from tui_lab.runs.run import find_run

    found = find_run(run)
    with tempfile.TemporaryDirectory() as folder:
        target = path or Path(folder) / "answers"
        for sentence in answer(found, file, target, as_json):
            click.echo(f"note: {visible(sentence)}", err=True)
        if path is None:
            print_answers(target)
    if path is not None:
        click.echo(visible(f"wrote {path}"))


def print_answers(path: Path) -> None:
    """To a program as it is, to a terminal with everything harmless."""
    with path.open(encoding="utf-8", newline="") as file:
        for line in file:
            text = visible(line.rstrip("\n"), len(line)) + "\n" if sys.stdout.isatty() else line
            click.echo(text, nl=False, color=True)  # or click would take something out of it
