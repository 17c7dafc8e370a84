"""Looking at runs."""

import json
from typing import Any

import click

from tui_lab.cli.group import main
from tui_lab.cli.shown import print_rows, told

SPLITS = ("train", "validation", "test")


@main.command()
@click.option(
    "--filter",
    "text",
    default="",
    metavar="TEXT",
    help="Only those with TEXT in their id, name, tags, note, state or dataset.",
)
@click.option(
    "--sort",
    "key",
    default="started",
    metavar="KEY",
    help="started, name, run, state, epochs, or a metric such as test.accuracy, best first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def runs(text: str, key: str, as_json: bool) -> None:
    """List the runs, the newest first.

    They lie under $TUI_LAB_HOME, or else in the platform's folder for data.

    \b
    Examples:
      tui-lab runs --json
      tui-lab runs --filter digits --sort test.accuracy
    """
    from tui_lab.runs.listing import Listing, in_order, matching

    found = in_order(matching(Listing().rows(), text), key)
    if as_json:
        click.echo(json.dumps([_data(row) for row in found]))
        return
    columns = ("run", "state", "epochs", "test", "started", "name", "tags")
    print_rows([_data(row) | _texts(row) for row in found], False, columns)


def _data(row: Any) -> dict[str, Any]:
    """All that is known of a run."""
    status, summary = row.status, row.summary
    return {
        "run": row.id,
        "name": row.name,
        "tags": row.about.tags,
        "note": row.about.note,
        "state": row.state,
        "why": status.get("why", ""),
        "dataset": status.get("dataset", ""),
        "pid": status.get("pid"),
        "parent": status.get("parent"),
        "started": _time(status.get("started", 0)),
        "epochs": status.get("epoch", 0),
        "epochs_asked": status.get("epochs"),
        "seconds": status.get("seconds"),
        **{key: summary.get(key) for key in ("parameters", "best_epoch", *SPLITS)},
    }


def _texts(row: Any) -> dict[str, str]:
    from tui_lab.runs.report import number

    metric = row.main_metric
    told = f"{metric.removeprefix('test.')} {number(row.metric(metric))}" if metric else "–"
    return {"test": told, "tags": " ".join(row.about.tags)}


def _time(seconds: float) -> str:
    import datetime

    moment = datetime.datetime.fromtimestamp(seconds).astimezone()
    return moment.isoformat(timespec="seconds")


@main.command()
@click.argument("run")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the object that `train --json` prints."
)
def show(run: str, as_json: bool) -> None:
    """Show the state and the tables of RUN, one of `tui-lab runs`; `last` is the newest.

    Example: tui-lab show last
    """
    from tui_lab.runs.run import find_run

    found = find_run(run)
    click.echo(json.dumps(found.result()) if as_json else told(found))
