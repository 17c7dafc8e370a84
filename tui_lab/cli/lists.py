"""What there is to choose from: presets, and the classes of every family."""

import json

import click

from tui_lab.cli.group import main
from tui_lab.cli.shown import print_rows


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def presets(as_json: bool) -> None:
    """List the shipped presets.

    Example: tui-lab presets --json
    """
    from tui_lab.experiment.presets import load_preset, shipped_presets

    rows = []
    for name, path in shipped_presets().items():
        experiment = load_preset(path)
        about = {"title": experiment.title, "section": experiment.section}
        rows.append({"name": name, **about, "file": str(path)})
    print_rows(rows, as_json, ("name", "section", "title"))


def _list_family(family: str) -> None:
    """Adds the command that lists the classes of a family, such as the layers."""

    @main.command(family, help=f"List the {family}.\n\nExample: tui-lab {family} --json")
    @click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with the fields.")
    def listed(as_json: bool) -> None:
        from tui_lab.experiment.families import FAMILIES

        rows = [
            {"name": name, "fields": list(kind.model_fields), "about": kind.__doc__}
            for name, kind in FAMILIES[family].kinds().items()
        ]
        print_rows(rows, as_json, ("name", "about"))


for _family in ("augmentations", "layers", "losses", "optimizers", "schedules"):
    _list_family(_family)


@main.command()
def schema() -> None:
    """Print the JSON Schema of presets, by which editors complete and check them.

    Example: tui-lab schema > preset.schema.json
    """
    from tui_lab.experiment.experiment import json_schema

    click.echo(json.dumps(json_schema(), indent=1))
