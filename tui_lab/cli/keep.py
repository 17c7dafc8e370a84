"""Keeping house among the runs and sweeps: labels, and the trash."""

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
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--sweep", is_flag=True, help="The names are those of sweeps.")
def delete(names: tuple[str, ...], sweep: bool) -> None:
    """Move runs, or sweeps, into the trash, from where `tui-lab restore` brings them back.

    What still trains has to be stopped before; runs of a sweep's promoted trials stay.

    \b
    Examples:
      tui-lab delete iris-1 iris-2
      tui-lab delete --sweep 6-4-random-search-1
    """
    from tui_lab.runs.run import find_run
    from tui_lab.runs.sweep_run import find_sweep
    from tui_lab.runs.trash import delete as into_trash

    found = list(dict.fromkeys(map(find_sweep if sweep else find_run, names)))
    into_trash(found)
    for run in found:
        click.echo(f"{run.id} is in the trash")


@main.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--sweep", is_flag=True, help="The names are those of sweeps.")
def restore(names: tuple[str, ...], sweep: bool) -> None:
    """Bring runs, or sweeps, back from the trash, by their ids.

    Example: tui-lab restore iris-1
    """
    from tui_lab.runs.trash import restore as from_trash

    for run in from_trash(names, "sweeps" if sweep else "runs"):
        click.echo(f"{run.id} is back")


@main.command()
@click.option("--empty", is_flag=True, help="Delete what is in it for good, after asking.")
@click.option("--yes", is_flag=True, help="With --empty: don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def trash(empty: bool, yes: bool, as_json: bool) -> None:
    """List the runs and sweeps in the trash, or empty it.

    Example: tui-lab trash --empty
    """
    from tui_lab.cli.shown import print_rows
    from tui_lab.runs.run import name_of
    from tui_lab.runs.trash import PLACES, trashed
    from tui_lab.runs.trash import empty as delete_all

    there = [(kind, run) for place, kind in PLACES.items() for run in trashed(place)]
    if not empty:
        rows = [{"run": "", "sweep": "", kind: run.id, "name": name_of(run)} for kind, run in there]
        print_rows(rows, as_json, ("run", "sweep", "name"))
        return
    count = _counted([kind for kind, _ in there])
    if there and not yes:
        click.confirm(f"Delete {count} for good?", abort=True, err=True)
    delete_all()
    click.echo(f"{count} deleted for good")


def _counted(kinds: list[str]) -> str:
    """`2 runs and 1 sweep`."""
    counts = [(kinds.count(kind), kind) for kind in ("run", "sweep")]
    told = [f"{n} {kind}{'s' if n != 1 else ''}" for n, kind in counts if n or kind == "run"]
    return " and ".join(told)
