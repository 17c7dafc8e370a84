"""A run as one plain PyTorch script, which has to give the run's losses before it is written."""

import tempfile
from importlib.metadata import version
from pathlib import Path

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.advice import advice
from tui_lab.experiment.presets import write_file
from tui_lab.runs.run import Run
from tui_lab.runs.script_check import History, check, history_of
from tui_lab.script.plan import Plan, plan
from tui_lab.script.script import script


def export_script(run: Run, path: Path) -> str:
    """Writes the script, and beside it the rows if they are in no file of the user's.

    Gives a sentence on how it was checked. `BadInput` if it can't be written, `Differs` if it
    doesn't do what the run did; nothing is written then.
    """
    if run.experiment.weights:
        raise BadInput(f"{run.id} began with other weights, which a script can't load; export pt")
    history, data = history_of(run), path.with_suffix(".csv")
    whole, rows = _planned(run, history)
    text = script(whole, _remarks(run, history)).encode()
    if rows:
        _refuse_taken(path, data, rows)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "script.py"
        trial.write_bytes(text)
        trial.with_suffix(".csv").write_bytes(rows)
        said = check(trial, history)
    if rows:
        write_file(data, rows)
    write_file(path, text)
    return visible(said)


def _planned(run: Run, history: History) -> tuple[Plan, bytes]:
    """What the script is written from, and the rows to lie beside it, if there have to be any."""
    from tui_lab.script.reading import source_of

    experiment = run.experiment
    source, rows = source_of(experiment.dataset)
    whole = plan(experiment, experiment.dataset.facts(), source, history.threads)
    if errors := [item.sentence for item in advice(whole.experiment, whole.facts) if item.error]:
        raise BadInput(errors[0])
    return whole, rows


def _remarks(run: Run, history: History) -> list[str]:
    """What the head of the script says about its run."""
    until = ", up to the first change" if history.changes else ""
    does = f"its losses are the same, epoch by epoch{until}"
    if not history.on_cpu:
        does = f"the last digits of its losses differ, because that ran on {history.device}"
    found = [f"It trains as {run.id} of tui-lab did: with torch {version('torch')}, {does}."]
    return found + ([f"Not in here: {history.changed}."] if history.changes else [])


def _refuse_taken(path: Path, data: Path, rows: bytes) -> None:
    """`BadInput` if writing the rows would replace a file that holds anything else."""
    if data == path:
        raise BadInput(f'a script should end in .py, not "{path.name}": its rows get that name')
    try:
        taken = data.exists() and data.read_bytes() != rows
    except OSError:
        taken = True
    if taken:
        raise BadInput(
            f'"{data}" is there already, and the script needs that name for its rows; '
            "give the script another name"
        )
