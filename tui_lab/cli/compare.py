"""Comparing runs."""

import json
from typing import Any

import click

from tui_lab.cli.group import main
from tui_lab.errors import visible


@main.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def compare(runs: tuple[str, ...], as_json: bool) -> None:
    """Show what differs between two to eight runs, what came of it, and which is better.

    Example: tui-lab compare digits-1 digits-2
    """
    from tui_lab.runs.contenders import contenders
    from tui_lab.runs.run import find_run

    them = contenders([find_run(run) for run in runs])
    click.echo(json.dumps(_data(them)) if as_json else _text(them))


def _data(them: Any) -> dict[str, Any]:
    from tui_lab.runs.contenders import effects, settings_that_differ
    from tui_lab.runs.verdict import verdict

    return {
        "runs": [{"letter": one.letter, **one.run.result()} for one in them],
        "settings": settings_that_differ(them),
        "effects": effects(them),
        "verdict": verdict(them),
    }


def _text(them: Any) -> str:
    import textwrap

    from tui_lab.runs.contenders import table
    from tui_lab.runs.report import COLUMNS, aligned, history
    from tui_lab.runs.verdict import verdict

    told = {one.letter: list(dict.fromkeys([one.run.id, one.name])) for one in them}
    names = [visible("  ".join([letter, *names])) for letter, names in told.items()]
    names += [
        visible(f"{one.letter}: {line}") for one in them for line in history(one.run.status())
    ]
    said = textwrap.wrap(visible(verdict(them)), COLUMNS)
    return "\n".join([*names, "", aligned(table(them)), "", *said])
