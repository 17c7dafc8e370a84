"""The command line: one small function a command. Neither torch nor pandas is imported here."""

import json
import signal
import sys
from pathlib import Path
from typing import Any

import click

from tui_lab import __version__
from tui_lab.errors import BadInput, visible

BAD_INPUT, TRAINING_FAILED, SIGNALLED = 2, 1, 128


class _LabOrCommand(click.Group):
    """`tui-lab PRESET` means `tui-lab lab PRESET`."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["lab", *args]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadInput as error:
            click.echo(f"tui-lab: {error}", err=True)
            raise SystemExit(BAD_INPUT) from None
        except KeyboardInterrupt:
            raise SystemExit(SIGNALLED + signal.SIGINT) from None


@click.group(
    cls=_LabOrCommand,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="tui-lab", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A terminal lab for neural networks. `tui-lab [PRESET]` opens it; PRESET is a YAML file or
    the name of a shipped preset.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(lab)


@main.command()
@click.argument("preset", default="")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def lab(preset: str, no_mouse: bool) -> None:
    """Open the lab (the same as `tui-lab [PRESET]`)."""
    from tui_lab.experiment.presets import DEFAULT, load_preset

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        code = _train(load_preset(preset or DEFAULT), "", as_json=False, quiet=False)
        raise SystemExit(code)
    experiment = load_preset(preset or DEFAULT)
    from tui_lab.lab.app import open_lab

    raise SystemExit(open_lab(experiment, Path(preset) if preset else None, mouse=not no_mouse))


@main.command()
@click.argument("preset")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--name", default="", help="A name for the run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="No progress.")
def train(preset: str, changes: tuple[str, ...], name: str, as_json: bool, quiet: bool) -> None:
    """Train PRESET and print the tables."""
    from tui_lab.experiment.presets import load_preset

    raise SystemExit(
        _train(load_preset(preset, changes), name or Path(preset).stem, as_json, quiet)
    )


def _train(experiment: Any, name: str, as_json: bool, quiet: bool) -> int:
    from tui_lab.experiment.advice import advice, completed
    from tui_lab.runs import watch
    from tui_lab.runs.run import create_run

    facts = experiment.dataset.facts()
    experiment = completed(experiment, facts)
    for item in advice(experiment, facts):
        if item.error:
            raise BadInput(item.sentence)
        click.echo(f"note: {visible(item.sentence)}", err=True)
    run = create_run(experiment, name)
    stopped_by = watch.train(run, quiet=quiet or (as_json and not sys.stderr.isatty()))
    result = run.result()
    click.echo(json.dumps(result) if as_json else _told(run))
    return _exit_code(stopped_by, run.status())


def _exit_code(stopped_by: int, status: dict[str, Any]) -> int:
    if stopped_by:
        return SIGNALLED + stopped_by
    if status.get("bad_input"):
        return BAD_INPUT
    return 0 if status["state"] in ("finished", "stopped") else TRAINING_FAILED


def _told(run: Any) -> str:
    from tui_lab.runs.report import report

    return report(run)


@main.command()
@click.argument("files", nargs=-1, required=True)
def check(files: tuple[str, ...]) -> None:
    """Say whether preset FILES are right, and what may mislead."""
    wrong = [file for file in files if not _is_right(file)]
    raise SystemExit(BAD_INPUT if wrong else 0)


def _is_right(file: str) -> bool:
    from tui_lab.experiment.advice import advice, completed, network_of
    from tui_lab.experiment.network import summary
    from tui_lab.experiment.presets import load_preset

    try:
        experiment = load_preset(file)
        facts = experiment.dataset.facts()
        experiment = completed(experiment, facts)
    except BadInput as error:
        click.echo(f"{error}", err=True)
        return False
    found = advice(experiment, facts)
    for item in found:
        fix = f" (fix: {item.fix_says})" if item.fix_says else ""
        kind = "" if item.error else "note: "
        click.echo(visible(f"{file}: {kind}{item.sentence}{fix}"), err=True)
    if any(item.error for item in found):
        return False
    click.echo(visible(f"{file}: ok · {summary(network_of(experiment, facts))}"))
    return True


@main.command()
@click.option("--json", "as_json", is_flag=True)
def presets(as_json: bool) -> None:
    """List the shipped presets."""
    from tui_lab.experiment.presets import load_preset, shipped_presets

    rows = [
        {"name": name, "title": load_preset(name).title, "file": str(path)}
        for name, path in shipped_presets().items()
    ]
    _print_rows(rows, as_json, ("name", "title"))


@main.command()
@click.option("--json", "as_json", is_flag=True)
def datasets(as_json: bool) -> None:
    """List the datasets that need no file."""
    from tui_lab.experiment.catalogue import all_datasets

    rows = []
    for dataset in all_datasets():
        facts = dataset.facts()
        rows.append(
            {
                "name": facts.name,
                "task": facts.task,
                "rows": facts.rows,
                "features": len(facts.columns),
                "classes": len(facts.classes),
            }
        )
    _print_rows(rows, as_json, ("name", "task", "rows", "features", "classes"))


@main.command()
@click.option("--json", "as_json", is_flag=True)
def layers(as_json: bool) -> None:
    """List the layers and their fields."""
    from tui_lab.experiment.layers import Layer

    rows = [
        {"name": name, "fields": list(kind.model_fields), "about": (kind.__doc__ or "").strip()}
        for name, kind in Layer.kinds().items()
    ]
    _print_rows(rows, as_json, ("name", "about"))


@main.command()
@click.option("--json", "as_json", is_flag=True)
def runs(as_json: bool) -> None:
    """List the runs, the newest first."""
    from tui_lab.runs.run import all_runs

    rows = [_run_row(run) for run in all_runs()]
    _print_rows(rows, as_json, ("run", "state", "epochs", "started", "name"))


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
@click.option("--json", "as_json", is_flag=True)
def show(run: str, as_json: bool) -> None:
    """Show a run's state and tables; `last` is the newest run."""
    from tui_lab.runs.run import find_run

    found = find_run(run)
    click.echo(json.dumps(found.result()) if as_json else _told(found))


@main.command()
@click.argument("run")
@click.option("--format", "kind", type=click.Choice(["pt", "safetensors"]), required=True)
@click.option("-o", "path", type=click.Path(path_type=Path), help="Where to; by default RUN.pt.")
def export(run: str, kind: str, path: Path | None) -> None:
    """Write a run's best weights as a state_dict (pt) or as safetensors."""
    from tui_lab.runs.export import export as write
    from tui_lab.runs.run import find_run

    found = find_run(run)
    target = path or Path(f"{found.id}.{kind}")
    write(found, kind, target)
    click.echo(f"wrote {visible(str(target))}")


@main.command()
def schema() -> None:
    """Print the JSON Schema of presets, for editors."""
    from tui_lab.experiment.experiment import Experiment

    click.echo(json.dumps(Experiment.model_json_schema(), indent=1))


def _print_rows(rows: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        click.echo(json.dumps(rows))
        return
    from tui_lab.runs.report import aligned

    texts = [[visible(str(row[column])) for column in columns] for row in rows]
    click.echo(aligned([list(columns), *texts]))
