"""Sweeps: many trainings that differ in a few settings."""

import json
from typing import Any

import click

from tui_lab.cli.group import DONE, EXIT_CODES, SIGNALLED, TRAINING_FAILED, main, refused
from tui_lab.cli.shown import print_rows
from tui_lab.cli.train import as_json_option, quiet_option, train_run
from tui_lab.errors import BadInput, visible


@main.command(epilog=EXIT_CODES)
@click.argument("what", metavar="PRESET|SWEEP")
@click.option("--trials", type=int, help="How many draws in all; more go on with a sweep.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the preset, such as sweep.method=tpe. May be repeated.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="How many trainings at once.")
@click.option("--name", default="", help="A name for the sweep; by default that of the preset.")
@click.option("--promote", type=int, metavar="TRIAL", help="Train a trial as a run of its own.")
@click.option("--repeat", is_flag=True, help="Train the best two over 5 new seeds.")
@as_json_option
@quiet_option
def sweep(
    what: str, trials: int | None, changes: tuple[str, ...], workers: int | None, name: str,
    promote: int | None, repeat: bool, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Train many variants of an experiment and rank them by the validation rows.

    A PRESET says in `sweep:` what to try; without that, settings around its own are tried. A
    SWEEP that was there before, by its id, its name or `last`, goes on where it was.

    \b
    Examples:
      tui-lab sweep 6.4-random-search
      tui-lab sweep 6-4-random-search-1 --trials 30
      tui-lab sweep last --repeat
      tui-lab sweep last --promote 8
    """
    found = None
    if changes or name:
        _refuse_a_sweep(what)
    else:
        found = _there(what, bool(repeat or promote))
    if promote is not None:
        _alone({"--repeat": repeat, "--trials": trials, "--workers": workers})
        raise SystemExit(_promote(_needed(found, what), promote, as_json, quiet))
    if repeat:
        _ask_to_repeat(_needed(found, what))
    if found is None:
        found, workers = _new(what, changes, trials, workers, name)
    elif trials is not None:
        _ask_for_more(found, trials)
    raise SystemExit(_sweep(found, workers, as_json, quiet, repeat))


def _refuse_a_sweep(what: str) -> None:
    """`BadInput` if this means a sweep that was there before, and no preset."""
    from tui_lab.runs.sweep_run import sweep_meant

    if what == "last" or sweep_meant(what):
        told = "--set and --name are for a new sweep of a preset"
        raise BadInput(f'{told}, and "{visible(what, 60)}" means a sweep that was there before')


def _alone(others: dict[str, object]) -> None:
    """`BadInput` for options that --promote has no use for."""
    if given := [name for name, value in others.items() if value]:
        raise BadInput(f"--promote trains one trial as a run; leave out {', '.join(given)}")


def _there(what: str, is_sweep: bool) -> Any:
    """The sweep that is meant, unless it is a preset."""
    from tui_lab.experiment.presets import find_preset
    from tui_lab.runs.sweep_run import find_sweep, sweep_meant

    if found := sweep_meant(what):
        return found
    if not is_sweep:
        try:
            find_preset(what)
        except BadInput:
            if what != "last" and not _was_there(what):
                raise
        else:
            return None
    return find_sweep(what)


def _was_there(what: str) -> bool:
    """Whether it is the name of a sweep, or the id of one in the trash."""
    from tui_lab.runs.sweep_run import all_sweeps, in_trash

    return in_trash(what) or any(run.status().get("name") == what for run in all_sweeps())


def _needed(found: Any, what: str) -> Any:
    if found is None:
        told = "is a preset; name a sweep instead, without --set and --name"
        raise BadInput(f'"{visible(what, 60)}" {told}')
    return found


def _new(
    what: str, changes: tuple[str, ...], trials: int | None, workers: int | None, name: str
) -> Any:
    """A new sweep of a preset, and how many workers suit it."""
    from tui_lab.experiment.own_data import is_data
    from tui_lab.experiment.presets import read_preset
    from tui_lab.experiment.ready import ready, ready_to_sweep
    from tui_lab.experiment.suggested import hardly_halves
    from tui_lab.experiment.work import workers_for
    from tui_lab.runs.sweep_run import create_sweep

    if is_data(what):
        told = "sweep wants a preset; `w` in the lab saves one on them, and `S` there sweeps"
        raise BadInput(f'"{visible(what, 60)}" are data: {told}')
    if trials is not None:
        changes = (*changes, f"sweep.trials={trials}")
    preset = read_preset(what, _with_settings(what, changes))
    prepared = ready(preset)
    experiment = ready_to_sweep(preset, prepared)
    for note in filter(None, (*prepared.notes, hardly_halves(experiment.sweep))):
        click.echo(f"note: {note}", err=True)
    fitting = workers_for(prepared.network, experiment.dataset.batch_size)
    return create_sweep(experiment, name or preset.file.stem), workers or fitting


def _with_settings(what: str, changes: tuple[str, ...]) -> tuple[str, ...]:
    """Where only other parts of a sweep are changed, the settings to try are the suggested ones."""
    from tui_lab.experiment.presets import read_preset
    from tui_lab.experiment.suggested import sweep_of

    of_sweep = [text for text in changes if text.startswith("sweep.")]
    others = tuple(text for text in changes if text not in of_sweep)
    if not of_sweep or any(text.startswith("sweep.settings") for text in of_sweep):
        return changes
    experiment = read_preset(what, others).experiment
    if experiment.sweep is not None:
        return changes
    found = {key: kind.written() for key, kind in sweep_of(experiment).settings.items()}
    return (*others, f"sweep.settings={json.dumps(found)}", *of_sweep)


def _ask_for_more(run: Any, trials: int) -> None:
    wanted, most = run.asked().trials, run.most
    if trials < wanted:
        raise BadInput(f"{run.id} has {wanted} trials already; ask for more")
    if trials > most:
        raise BadInput(f"{run.id} can have at most {most:,} trials")
    run.ask(do="trials", trials=trials)


def _ask_to_repeat(run: Any) -> None:
    from tui_lab.runs.repeats import to_repeat

    numbers = to_repeat(run.trials(), run.sweep)
    if not numbers:
        raise BadInput(f"{run.id} has no trial yet that was trained to its end")
    for number in numbers:
        run.ask(do="repeat", trial=number)


def _promote(run: Any, number: int, as_json: bool, quiet: bool) -> int:
    from tui_lab.runs.sweep_run import promoted

    return train_run(promoted(run, number), as_json, quiet, run.id)


def _sweep(run: Any, workers: int | None, as_json: bool, quiet: bool, only_repeats: bool) -> int:
    """Works on a sweep, or looks on where another process does, and prints how it ended."""
    from tui_lab.runs import sweep_watch
    from tui_lab.runs.run import ENDED
    from tui_lab.runs.sweep_report import report, result

    status = run.status()
    stopped_by = 0
    if status["state"] in (*ENDED, "queued") and run.has_work:
        run.ask(do="resume", only="repeats" if only_repeats else None)
        stopped_by = sweep_watch.work(run, workers or int(status.get("workers", 1)), quiet)
    if run.status()["state"] not in ENDED and not sweep_watch.follow(run, quiet):
        click.echo(f"{run.id} goes on; tui-lab sweep {run.id} shows it again", err=True)
        return SIGNALLED + 2
    if as_json:
        click.echo(json.dumps(result(run)))
    status = run.status()
    if status.get("bad_input"):
        return refused(f"{run.id}: {status.get('why', '')}")
    if not as_json:
        click.echo(report(run))
    if stopped_by:
        return SIGNALLED + stopped_by
    has_result = any(trial.value is not None for trial in run.trials())
    return DONE if status["state"] in ("finished", "stopped") and has_result else TRAINING_FAILED


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list and nothing else.")
def sweeps(as_json: bool) -> None:
    """List the sweeps, the newest first.

    Example: tui-lab sweeps --json
    """
    from tui_lab.runs.sweep_run import all_sweeps

    rows = [_row(run) for run in all_sweeps()]
    if not as_json:
        rows = [row | {"best": _best(row["best"])} for row in rows]
    print_rows(rows, as_json, ("sweep", "state", "trials", "best", "name"))


def _best(found: dict[str, Any] | None) -> str:
    """`loss 0.0965 (trial 2)`."""
    from tui_lab.runs.report import number

    if found is None:
        return "–"
    return f"{found['metric']} {number(found['value'])} (trial {found['trial']})"


def _row(run: Any) -> dict[str, Any]:
    from tui_lab.runs.trials import ranked

    status = run.status()
    told = {"sweep": run.id, "name": status.get("name", ""), "state": status["state"]}
    try:
        trials = ranked(run.trials(), run.sweep)
        metric = run.sweep.metric
    except BadInput as error:
        return told | {"trials": 0, "best": None, "why": str(error)}
    value = trials[0].value if trials else None
    best = None if value is None else {"trial": trials[0].number, "metric": metric, "value": value}
    return told | {"trials": len(trials), "best": best, "why": status.get("why", "")}
