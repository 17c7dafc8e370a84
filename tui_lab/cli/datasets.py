"""The datasets that have a name: listing, adding, fetching and removing them."""

from pathlib import Path
from typing import Any

import click

from tui_lab.cli.group import main
from tui_lab.cli.progress import progress
from tui_lab.cli.shown import print_rows
from tui_lab.errors import visible


@main.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
@click.pass_context
def datasets(ctx: click.Context, as_json: bool) -> None:
    """List the datasets that have a name: shipped, generated, and added ones.

    A table or pictures of your own need no name: give their path to `tui-lab` or `tui-lab train`.

    Example: tui-lab datasets --json
    """
    if ctx.invoked_subcommand is not None:
        return
    from tui_lab.experiment.catalogue import entries

    found, broken = entries()
    columns = ("name", "kind", "task", "rows", "features", "classes")
    print_rows([vars(entry) for entry in found], as_json, columns)
    for sentence in broken:
        click.echo(f"note: {sentence}", err=True)


@datasets.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; by default like the file.")
@click.option("--target", metavar="COLUMN", help="Of a table: what to predict.")
@click.option(
    "--size",
    nargs=2,
    type=click.IntRange(1, 10_000),
    help="Of pictures: bring all to this height and width.",
)
def add(path: Path, name: str | None, target: str | None, size: tuple[int, int] | None) -> None:
    """Keep a copy of a table or of pictures under a name, for presets and the lab.

    Pictures are a folder with one folder for each class, an IDX file or an NPZ file.

    \b
    Examples:
      tui-lab datasets add water_potability.csv
      tui-lab datasets add penguins.csv --name birds --target species
      tui-lab datasets add photos --size 28 28
    """
    from tui_lab.data.adding import add as keep
    from tui_lab.data.opening import dataset_at
    from tui_lab.data.progress import reporting
    from tui_lab.experiment.added import name_for

    name = name_for(path) if name is None else name
    with progress() as told, reporting(lambda share: told(f"reading {share:.0%}")):
        dataset, why = dataset_at(path, target, size)
        facts = keep(dataset, name)
    _say_added(name, facts, [why, facts.why, *facts.notes])


@datasets.command()
@click.argument("name", metavar="fashion-mnist|mnist|california-housing")
@click.option("--from", "mirror", metavar="URL", help="A folder that has the files, elsewhere.")
def fetch(name: str, mirror: str | None) -> None:
    """Download a dataset and add it; a download that was cut off goes on where it was.

    Each file's sha256 is checked. Example: tui-lab datasets fetch fashion-mnist
    """
    from tui_lab.data.fetched import SOURCES
    from tui_lab.data.fetched import fetch as get

    with progress() as told:
        facts = get(name, mirror, lambda *how_far: told(_how_far(*how_far)))
    source = SOURCES[name]
    _say_added(name, facts, [source.about, f"licence: {source.licence}", *facts.notes])


@datasets.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take an added dataset away; runs that were made with it stay.

    Example: tui-lab datasets remove birds
    """
    from tui_lab.data.adding import remove as take_away

    take_away(name)
    click.echo(f"{name} is removed")


def _say_added(name: str, facts: Any, notes: list[str]) -> None:
    for note in filter(None, notes):
        click.echo(f"note: {visible(note)}", err=True)
    kind = f"{len(facts.classes)} classes" if facts.classes else "a regression"
    click.echo(f"{name} is added: {facts.rows:,} rows, {len(facts.columns):,} numbers each, {kind}")
    click.echo(f"use it as dataset: {{name: {name}}}")


def _how_far(file: str, done: int, whole: int) -> str:
    of_all = f" of {whole / 1e6:.1f}" if whole else ""
    return f"{file}: {done / 1e6:.1f}{of_all} MB"
