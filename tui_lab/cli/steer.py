"""Runs that go on: attaching to a trainer, steering it, resuming and forking what has ended."""

from typing import Any

import click

from tui_lab.cli.group import DONE, EXIT_CODES, SIGNALLED, TRAINING_FAILED, main
from tui_lab.cli.shown import told
from tui_lab.cli.train import as_json_option, is_terminal, quiet_option, train_run
from tui_lab.errors import BadInput

run_argument = click.argument("run")
changes_option = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting from here on, such as optimizer.lr or dropout. May be repeated.",
)
force_option = click.option(
    "--force", is_flag=True, help="Go on although the data has changed, or no checkpoint is whole."
)


@main.command()
@run_argument
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def attach(run: str, no_mouse: bool) -> None:
    """Open the lab on RUN, with its whole curve; a running one is steered from there.

    Any number of terminals can look on; one at a time steers. Without a terminal, progress is
    shown until RUN ends; ctrl+c leaves it running. Example: tui-lab attach last
    """
    from tui_lab.runs.run import find_run

    found = find_run(run)
    if not is_terminal():
        raise SystemExit(_follow(found))
    from tui_lab.lab.app import open_lab
    from tui_lab.runs.going_on import experiment_now

    experiment = experiment_now(found)
    raise SystemExit(open_lab(experiment, found.folder, mouse=not no_mouse, run=found))


def _follow(run: Any) -> int:
    from tui_lab.runs import watch

    if not watch.follow(run, quiet=False):
        click.echo(f"{run.id} goes on; tui-lab attach {run.id} shows it again", err=True)
        return SIGNALLED + 2
    click.echo(told(run))
    return DONE if run.status()["state"] in ("finished", "stopped") else TRAINING_FAILED


@main.command(epilog=EXIT_CODES)
@run_argument
@click.option("--epochs", type=int, help="Train up to this many epochs in all.")
@changes_option
@click.option("--checkpoint", default="", metavar="STEP", help="A step, or best; else the last.")
@force_option
@as_json_option
@quiet_option
def resume(
    run: str, epochs: int | None, changes: tuple[str, ...], checkpoint: str, force: bool,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Go on with RUN from its last checkpoint: paused, stopped, killed, lost, or for more epochs.

    The end is the same, bit for bit, as if it had never been cut off.

    \b
    Examples:
      tui-lab resume last
      tui-lab resume digits-1 --epochs 60
    """
    from tui_lab.runs.going_on import ask_to_go_on
    from tui_lab.runs.run import find_run

    found = find_run(run)
    if epochs is not None:
        changes = (*changes, f"training.epochs={epochs}")
    if found.status()["state"] == "paused":
        if checkpoint or force:
            raise BadInput(f"{found.id} is only paused; stop it before it goes another way")
        _ask(found, changes, "resume")
        return
    ask_to_go_on(found, changes, checkpoint, force)
    raise SystemExit(train_run(found, as_json, quiet, found.id))


@main.command(epilog=EXIT_CODES)
@run_argument
@click.option(
    "--checkpoint", default="last", metavar="STEP", help="A step, best or last (the default)."
)
@changes_option
@click.option("--name", default="", help="A name for the new run.")
@force_option
@as_json_option
@quiet_option
def fork(
    run: str, checkpoint: str, changes: tuple[str, ...], name: str, force: bool, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Train a copy of RUN on from one of its checkpoints, with some settings changed.

    RUN stays as it is; the copy remembers where it comes from.

    Example: tui-lab fork digits-1 --checkpoint best --set optimizer.lr=0.001
    """
    from tui_lab.runs import going_on
    from tui_lab.runs.run import find_run

    new = going_on.fork(find_run(run), checkpoint, changes, name, force)
    raise SystemExit(train_run(new, as_json, quiet, new.id))


@main.command()
@run_argument
def pause(run: str) -> None:
    """Let the running RUN wait after this batch; resume lets it go on.

    Example: tui-lab pause last
    """
    _ask(_running(run), (), "pause")


@main.command()
@run_argument
@click.option("--epoch", is_flag=True, help="An epoch instead of a batch.")
def step(run: str, epoch: bool) -> None:
    """Let the paused RUN train one batch, or one epoch.

    Example: tui-lab step last --epoch
    """
    found = _running(run)
    if found.status()["state"] != "paused":
        raise BadInput(f"{found.id} is not paused; tui-lab pause {found.id} first")
    _ask(found, (), "step", unit="epoch" if epoch else "batch")


@main.command()
@run_argument
@click.option("--kill", is_flag=True, help="End it at once; it can be resumed.")
def stop(run: str, kill: bool) -> None:
    """End the running RUN after this batch, with its tables and weights.

    Example: tui-lab stop last
    """
    from tui_lab.runs import start

    found = _running(run)
    if kill:
        start.kill(found)
    else:
        _ask(found, (), "stop")


@main.command("set")
@run_argument
@click.argument("changes", metavar="KEY=VALUE...", nargs=-1, required=True)
def set_(run: str, changes: tuple[str, ...]) -> None:
    """Change settings of the running RUN from its next batch on.

    Its optimizer, schedule and training.epochs can change, and dropout if it has Dropout layers.

    Example: tui-lab set last optimizer.lr=0.001 training.epochs=60
    """
    _ask(_running(run), changes)


def _running(name: str) -> Any:
    from tui_lab.runs.run import ENDED, find_run

    run = find_run(name)
    state = run.status()["state"]
    if state in ENDED:
        raise BadInput(f"{run.id} is not running, but {state}; tui-lab resume {run.id} goes on")
    return run


def _ask(run: Any, changes: tuple[str, ...], do: str = "", **how: str) -> None:
    """Asks the trainer, unless a lab has it in its hands."""
    from tui_lab.experiment.steering import steered
    from tui_lab.runs.going_on import experiment_now, refuse_too_few
    from tui_lab.runs.helm import Helm

    status = run.status()
    if changes:
        wanted = steered(experiment_now(run), changes)
        refuse_too_few(wanted, status.get("epoch", 0), status.get("batch", 0))
    with Helm(run):
        if changes:
            run.ask(do="set", changes=list(changes))
        if do:
            run.ask(do=do, **how)
