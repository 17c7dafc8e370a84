"""How commands print rows and runs."""

import json
from typing import Any

import click

from tui_lab.errors import visible


def print_rows(rows: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...]) -> None:
    """Rows as aligned text, or all of them as a JSON list."""
    if as_json:
        click.echo(json.dumps(rows))
        return
    from tui_lab.runs.report import aligned

    texts = [[visible(str(row[column])) for column in columns] for row in rows]
    click.echo(aligned([list(columns), *texts]))


def told(run: Any) -> str:
    """How a run stands or ended, with its tables."""
    from tui_lab.runs.report import report

    return report(run)
