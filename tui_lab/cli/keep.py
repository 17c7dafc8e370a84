"""Keeping house among the runs: labels, and the trash."""

import click

from tui_lab.cli.group import main
from tui_lab.errors import visible


@main.command()
@click.argument("run")
@click.option("--name", metavar="TEXT", help='A name to find it by; "" takes it away.')
@click.option("--tag", multiple=True, metavar="WORD", help="Add a tag. May be repeated.")
@click.option("--untag", multiple=True, metavar="WORD", help="Take a tag away. May be repeated.")
@click.option("--note", metavar="TEXT", help='What is worth knowing; "" takes it away.')
def label(
    run: str, name: str | None, tag: tuple[str, ...], untag: tuple[str, ...], note: str | None
) -> None:
    """Give RUN a name, tags and a note; without options, show them.

    Example: tui-lab label last --name slower --tag keep --note "lr 0.01"
    """
    from tui_lab.runs.about import labelled, write_about
    from tui_lab.runs.run import find_run

    found = find_run(run)
    about = labelled(found.about, name=name, tag=tag, untag=untag, note=note)
    if about != found.about:
        write_about(found.file("about.json"), about)
    for what, text in (("name", about.name), ("tags", " ".join(about.tags)), ("note", about.note)):
        click.echo(f"{what}: {visible(text) or '–'}")


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
def delete(runs: tuple[str, ...]) -> None:
    """Move runs into the trash, from where `tui-lab restore` brings them back.

    A run that still trains has to be stopped before. Example: tui-lab delete iris-1 iris-2
    """
    from tui_lab.runs.run import find_run
    from tui_lab.runs.trash import delete as into_trash

    found = list(dict.fromkeys(map(find_run, runs)))
    into_trash(found)
    for run in found:
        click.echo(f"{run.id} is in the trash")


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
def restore(runs: tuple[str, ...]) -> None:
    """Bring runs back from the trash, by their ids.

    Example: tui-lab restore iris-1
    """
    from tui_lab.runs.trash import restore as from_trash

    for run in from_trash(runs):
        click.echo(f"{run.id} is back")


@main.command()
@click.option("--empty", is_flag=True, help="Delete what is in it for good, after asking.")
@click.option("--yes", is_flag=True, help="With --empty: don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def trash(empty: bool, yes: bool, as_json: bool) -> None:
    """List the runs in the trash, or empty it.

    Example: tui-lab trash --empty
    """
    from tui_lab.cli.shown import print_rows
    from tui_lab.runs.run import name_of
    from tui_lab.runs.trash import empty as delete_all
    from tui_lab.runs.trash import trashed

    there = trashed()
    if not empty:
        print_rows([{"run": run.id, "name": name_of(run)} for run in there], as_json,
                   ("run", "name"))  # fmt: skip
        return
    count = f"{len(there)} run{'s' if len(there) != 1 else ''}"
    if there and not yes:
        click.confirm(f"Delete {count} for good?", abort=True, err=True)
    delete_all()
    click.echo(f"{count} deleted for good")
