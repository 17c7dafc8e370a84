"""Looking at runs."""

import json
from typing import Any

import click

from tui_lab.cli.group import main
from tui_lab.cli.shown import print_rows, told


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def runs(as_json: bool) -> None:
    """List the runs, the newest first.

    They lie under $TUI_LAB_HOME, or else in the platform's folder for data.

    Example: tui-lab runs --json
    """
    from tui_lab.runs.run import all_runs

    rows = [_run_row(run) for run in all_runs()]
    print_rows(rows, as_json, ("run", "state", "epochs", "started", "name"))


def _run_row(run: Any) -> dict[str, Any]:
    import datetime

    status = run.status()
    started = datetime.datetime.fromtimestamp(status.get("started", 0)).astimezone()
    return {
        "run": run.id,
        "name": status.get("name", ""),
        "state": status["state"],
        "pid": status.get("pid"),
        "started": started.isoformat(timespec="seconds"),
        "epochs": status.get("epoch", 0),
    }


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
