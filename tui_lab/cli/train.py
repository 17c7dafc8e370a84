"""Opening the lab, training and checking presets."""

import gc
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from tui_lab.cli.group import BAD_INPUT, DONE, EXIT_CODES, SIGNALLED, TRAINING_FAILED, main, refused
from tui_lab.cli.shown import told
from tui_lab.errors import BadInput, visible

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)
quiet_option = click.option("--quiet", is_flag=True, help="Show no progress.")


@main.command()
@click.argument("preset", default="")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def lab(preset: str, no_mouse: bool) -> None:
    """Open the lab (the same as `tui-lab [PRESET]`) on a preset, or on data of your own.

    Without PRESET it opens with the preset digits. A table or pictures in its place are shown
    first, to choose what to learn from them. Examples: tui-lab lab spirals; tui-lab lab mine.csv
    """
    gc.disable()  # starting leaves no garbage; the lab enables it after its first frame
    from tui_lab.experiment.own_data import dataset_at, is_data
    from tui_lab.experiment.presets import DEFAULT, read_preset

    data = Path(preset) if is_data(preset) else None
    if not is_terminal():
        found = _guessed(data) if data else read_preset(preset or DEFAULT)
        raise SystemExit(_train(found, found.file.stem, as_json=False, quiet=False))
    from tui_lab.lab.app import open_lab

    dataset = dataset_at(data) if data else None
    found = read_preset(DEFAULT if data else preset or DEFAULT)
    raise SystemExit(open_lab(found.experiment, found.file, mouse=not no_mouse, data=dataset))


def _guessed(path: Path) -> Any:
    """An Experiment on pictures, or on a table, saying which target it takes of it."""
    from tui_lab.data.guess import target_in
    from tui_lab.data.opening import are_pictures
    from tui_lab.experiment.own_data import preset_on

    if are_pictures(path):
        return preset_on(str(path), None)
    target, why = target_in(path)
    click.echo(f"note: the target: {why}; tui-lab train --target takes another", err=True)
    return preset_on(str(path), target)


def is_terminal() -> bool:
    """Whether the lab can be shown."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


@main.command(epilog=EXIT_CODES)
@click.argument("preset", default="")
@click.option("--data", default="", metavar="FILE", help="A table to train on, without a preset.")
@click.option("--target", metavar="COLUMN", help="The column of the table to predict.")
@click.option(
    "--task",
    type=click.Choice(["classification", "regression"]),
    help="What the target asks for; by default what is in it decides.",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, by its name in the preset; layers count from 1. May be repeated.",
)
@click.option("--name", default="", help="A name for the run; by default that of the preset.")
@as_json_option
@quiet_option
def train(
    preset: str,
    data: str,
    target: str | None,
    task: str | None,
    changes: tuple[str, ...],
    name: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train PRESET, a YAML file or the name of a shipped preset, and print the tables.

    A table of your own needs no preset, only its target; the network is then suggested.
    Progress goes to stderr, the tables of train, validation and test to stdout.

    \b
    Examples:
      tui-lab train digits
      tui-lab train digits --set training.epochs=5 --set optimizer.lr=0.1
      tui-lab train digits --set layers.1.out_features=128 --set optimizer=Adam
      tui-lab train penguins.csv --target species
      tui-lab train --data wine.csv --target quality --task regression --json
    """
    from tui_lab.experiment.own_data import is_data, preset_on
    from tui_lab.experiment.presets import read_preset

    if data and preset:
        raise BadInput("give either a preset or --data, not both")
    if not data and is_data(preset):
        data = preset
    if data:
        found = preset_on(data, target, task, changes)
    elif target or task:
        raise BadInput(f"{'--target' if target else '--task'} is for a table: add --data FILE")
    else:
        found = read_preset(_given(preset), changes)
    raise SystemExit(_train(found, name or found.file.stem, as_json, quiet))


def _given(preset: str) -> str:
    if not preset:
        raise BadInput("name a preset, such as digits, or a table with --data FILE")
    return preset


def _train(preset: Any, name: str, as_json: bool, quiet: bool) -> int:
    from tui_lab.cli.progress import reading
    from tui_lab.experiment.ready import ready
    from tui_lab.runs.run import create_run

    with nullcontext() if quiet else reading(preset.experiment.dataset):
        prepared = ready(preset)
    if prepared.errors:
        raise prepared.errors[0]
    for note in prepared.notes:
        click.echo(f"note: {note}", err=True)
    return train_run(create_run(prepared.experiment, name), as_json, quiet, str(preset.file))


def train_run(run: Any, as_json: bool, quiet: bool, what: str) -> int:
    """Trains a run from where it is, and prints its tables; the exit code."""
    from tui_lab.runs import watch

    stopped_by = watch.train(run, quiet=quiet)
    status = run.status()
    if as_json:
        click.echo(json.dumps(run.result()))
    if status.get("bad_input"):
        return refused(f"{what}: {status.get('refused') or status.get('why', '')}")
    for note in status.get("notes", ()):
        click.echo(visible(f"note: {note}"), err=True)
    if not as_json:
        click.echo(told(run))
    if stopped_by:
        return SIGNALLED + stopped_by
    return DONE if status["state"] in ("finished", "stopped") else TRAINING_FAILED


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
