"""The command line: one small function a command. Neither torch nor pandas is imported here."""

import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tui_lab import __version__
from tui_lab.errors import BadInput, nearest, visible

DONE, TRAINING_FAILED, BAD_INPUT, SIGNALLED = 0, 1, 2, 128
EXIT_CODES = "Exit codes: 0 done, 1 training failed or diverged, 2 bad input, 130 interrupted."


class _Commands(click.Group):
    """Commands, of which `lab` may be left out, and whose mistakes are one sentence each."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in self.commands and not args[0].startswith("-"):
            _refuse_unknown(args, self.commands)
            args = ["lab", *args]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; if nobody reads on, as before `| head`, it ends quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return DONE

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command and exits with its code."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        kwargs["standalone_mode"] = False
        raise SystemExit(_exit_code(lambda: super(_Commands, self).main(*args, **kwargs)))


def _refuse_unknown(args: list[str], commands: Any) -> None:
    """`BadInput` if the first word is neither a command nor a preset to open."""
    from tui_lab.experiment.presets import find_preset, shipped_presets

    word = args[0]
    try:
        find_preset(word)
    except BadInput:
        hint = nearest(word, [*commands, *shipped_presets()]) or "; see tui-lab --help"
        raise BadInput(f'there is no command or preset "{visible(word, 60)}"{hint}') from None


def _exit_code(run: Callable[[], Any]) -> int:
    """Runs a command; whatever people can mend is one sentence on stderr."""
    try:
        return int(run() or DONE)
    except BadInput as error:
        return _refused(str(error))
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "tui-lab"
        said = " ".join(error.format_message().split()).rstrip(".")
        return _refused(f"{said}; see {command} --help")
    except (click.Abort, KeyboardInterrupt):
        return SIGNALLED + signal.SIGINT
    except OSError as error:
        return _refused(f"{error.filename or 'the output'}: {error.strerror or error}")


def _refused(sentence: str) -> int:
    click.echo(f"tui-lab: {visible(sentence)}", err=True)
    return BAD_INPUT


@click.group(
    "tui-lab",
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="tui-lab", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A terminal lab for neural networks. `tui-lab [PRESET]` opens it; PRESET is a YAML file or
    the name of a shipped preset. Without a terminal, the preset is trained instead.

    Example: tui-lab digits
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(lab)


@main.command()
@click.argument("preset", default="")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def lab(preset: str, no_mouse: bool) -> None:
    """Open the lab (the same as `tui-lab [PRESET]`).

    Without PRESET it opens with the preset digits. Example: tui-lab lab spirals
    """
    gc.disable()  # starting leaves no garbage; the lab enables it after its first frame
    from tui_lab.experiment.presets import DEFAULT, read_preset

    found = read_preset(preset or DEFAULT)
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stderr)):
        raise SystemExit(_train(found, found.file.stem, as_json=False, quiet=False))
    from tui_lab.lab.app import open_lab

    raise SystemExit(open_lab(found.experiment, found.file, mouse=not no_mouse))


def _is_terminal(stream: Any) -> bool:
    return stream is not None and bool(stream.isatty())


@main.command(epilog=EXIT_CODES)
@click.argument("preset")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, by its name in the preset; layers count from 1. May be repeated.",
)
@click.option("--name", default="", help="A name for the run; by default that of the preset.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def train(preset: str, changes: tuple[str, ...], name: str, as_json: bool, quiet: bool) -> None:
    """Train PRESET, a YAML file or the name of a shipped preset, and print the tables.

    Progress goes to stderr, the tables of train, validation and test to stdout.

    \b
    Examples:
      tui-lab train digits
      tui-lab train digits --set training.epochs=5 --set optimizer.lr=0.1
      tui-lab train digits --set layers.1.out_features=128 --set optimizer=Adam
      tui-lab train iris --set dataset.csv=my.csv --set dataset.target=kind --json
    """
    from tui_lab.experiment.presets import read_preset

    found = read_preset(preset, changes)
    raise SystemExit(_train(found, name or found.file.stem, as_json, quiet))


def _train(preset: Any, name: str, as_json: bool, quiet: bool) -> int:
    from tui_lab.experiment.ready import ready
    from tui_lab.runs import watch
    from tui_lab.runs.run import create_run

    prepared = ready(preset)
    if prepared.errors:
        raise prepared.errors[0]
    for note in prepared.notes:
        click.echo(f"note: {note}", err=True)
    run = create_run(prepared.experiment, name)
    stopped_by = watch.train(run, quiet=quiet)
    status = run.status()
    if as_json:
        click.echo(json.dumps(run.result()))
    if status.get("bad_input"):
        return _refused(str(preset.file) + ": " + status.get("why", ""))
    if not as_json:
        click.echo(_told(run))
    if stopped_by:
        return SIGNALLED + stopped_by
    return DONE if status["state"] in ("finished", "stopped") else TRAINING_FAILED


def _told(run: Any) -> str:
    from tui_lab.runs.report import report

    return report(run)


@main.command()
@click.argument("presets", metavar="FILE...", nargs=-1, required=True)
def check(presets: tuple[str, ...]) -> None:
    """Say whether presets are right, and what in them may mislead, without training.

    Each FILE is a YAML file or the name of a shipped preset. Exit code 2 if any is wrong.

    Example: tui-lab check my.yaml digits
    """
    right = [_is_right(preset) for preset in presets]
    raise SystemExit(DONE if all(right) else BAD_INPUT)


def _is_right(name: str) -> bool:
    from tui_lab.experiment.network import summary
    from tui_lab.experiment.presets import read_preset
    from tui_lab.experiment.ready import ready

    try:
        found = ready(read_preset(name))
    except BadInput as error:
        click.echo(str(error), err=True)
        return False
    for sentence in (*found.errors, *(f"note: {note}" for note in found.notes)):
        click.echo(str(sentence), err=True)
    if not found.errors:
        click.echo(visible(f"{name}: ok · {summary(found.network)}"))
    return not found.errors


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
    _print_rows(rows, as_json, ("name", "section", "title"))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def datasets(as_json: bool) -> None:
    """List the datasets that need no file; any other comes from a CSV file.

    Example: tui-lab datasets --json
    """
    from tui_lab.experiment.catalogue import all_datasets

    rows = []
    for dataset in all_datasets():
        facts = dataset.facts()
        counts = {"features": len(facts.columns), "classes": len(facts.classes)}
        rows.append({"name": facts.name, "task": facts.task, "rows": facts.rows, **counts})
    _print_rows(rows, as_json, ("name", "task", "rows", "features", "classes"))


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
        _print_rows(rows, as_json, ("name", "about"))


for _family in ("layers", "losses", "optimizers", "schedules"):
    _list_family(_family)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def runs(as_json: bool) -> None:
    """List the runs, the newest first.

    They lie under $TUI_LAB_HOME, or else in the platform's folder for data.

    Example: tui-lab runs --json
    """
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
@click.option(
    "--json", "as_json", is_flag=True, help="Print the object that `train --json` prints."
)
def show(run: str, as_json: bool) -> None:
    """Show the state and the tables of RUN, one of `tui-lab runs`; `last` is the newest.

    Example: tui-lab show last
    """
    from tui_lab.runs.run import find_run

    found = find_run(run)
    click.echo(json.dumps(found.result()) if as_json else _told(found))


@main.command()
@click.argument("run")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["pt", "safetensors"]),
    required=True,
    help="pt is a state_dict written by torch.save.",
)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The file to write; by default RUN.pt or RUN.safetensors in the current folder.",
)
def export(run: str, kind: str, path: Path | None) -> None:
    """Write the weights of RUN's best epoch; `last` is the newest run.

    Example: tui-lab export last --format pt -o digits.pt
    """
    from tui_lab.runs.export import export as write
    from tui_lab.runs.run import find_run

    found = find_run(run)
    target = path or Path(f"{found.id}.{kind}")
    write(found, kind, target)
    click.echo(visible(f"wrote {target}"))


@main.command()
def schema() -> None:
    """Print the JSON Schema of presets, by which editors complete and check them.

    Example: tui-lab schema > preset.schema.json
    """
    from tui_lab.experiment.experiment import json_schema

    click.echo(json.dumps(json_schema(), indent=1))


def _print_rows(rows: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        click.echo(json.dumps(rows))
        return
    from tui_lab.runs.report import aligned

    texts = [[visible(str(row[column])) for column in columns] for row in rows]
    click.echo(aligned([list(columns), *texts]))
