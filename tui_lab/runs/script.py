"""A run as one plain PyTorch script, which has to give the run's losses before it is written."""

import tempfile
from importlib.metadata import version
from pathlib import Path

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.advice import advice
from tui_lab.experiment.experiment import Experiment
from tui_lab.files import write_file
from tui_lab.runs.run import Run
from tui_lab.runs.script_check import History, check, history_of
from tui_lab.runs.torch_process import work
from tui_lab.script.plan import Plan, plan
from tui_lab.script.script import script

BESIDE = {".rows.csv": "rows", ".weights.pt": "weights"}
"""The endings of the files beside a script, and what they hold."""


def export_script(run: Run, path: Path) -> str:
    """Writes the script, and beside it rows that are in no file of the user's and first weights.

    Gives a sentence on how it was checked. `BadInput` if it can't be written, `Differs` if it
    doesn't do what the run did; nothing is written then.
    """
    history = history_of(run)
    whole, beside = _planned(run, history)
    text = script(whole, _remarks(run, history)).encode()
    for ending, content in beside.items():
        _refuse_taken(path, ending, content)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "script.py"
        for ending, content in {**beside, ".py": text}.items():
            trial.with_suffix(ending).write_bytes(content)
        said = check(trial, history)
    for ending, content in beside.items():
        write_file(path.with_suffix(ending), content)
    write_file(path, text)
    return visible(said)


def _planned(run: Run, history: History) -> tuple[Plan, dict[str, bytes]]:
    """What the script is written from, and by their endings the files that lie beside it."""
    from tui_lab.script.reading import source_of

    experiment = _with_source(run)
    source, rows = source_of(experiment.dataset)
    whole = plan(experiment, experiment.dataset.facts(), source, history.threads)
    alone = whole.experiment.replace(weights=None)  # the run's own copy is what counts
    if errors := [item.sentence for item in advice(alone, whole.facts) if item.error]:
        raise BadInput(errors[0])
    beside = {".rows.csv": rows, ".weights.pt": _first_weights(run) if whole.loaded else b""}
    return whole, {ending: content for ending, content in beside.items() if content}


def _with_source(run: Run) -> Experiment:
    """The Experiment of a run; its weights come from the very run that `last` or a name meant."""
    experiment = run.experiment
    if experiment.weights is None:
        return experiment
    name = run.status().get("weights_from") or experiment.weights.from_
    shown = name[:4096]  # whatever else may have written it, a longer one is no valid name
    return experiment.replace(weights=experiment.weights.replace(from_=shown))


def _first_weights(run: Run) -> bytes:
    """The state_dict of what a run began with, as `torch.save` writes it; `BadInput` if damaged."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "initial.pt"
        work("export", "initial", run.folder, path)
        return path.read_bytes()


def _remarks(run: Run, history: History) -> list[str]:
    """What the head of the script says about its run."""
    until = ", up to the first change" if history.changes else ""
    does = f"its losses are the same, epoch by epoch{until}"
    if not history.is_exact:
        does = f"its losses differ by rounding, because the {history.engine} engine trained that"
    if not history.on_cpu:
        does = f"the last digits of its losses differ, because that ran on {history.device}"
    found = [f"It trains as {run.id} of tui-lab did: with torch {version('torch')}, {does}."]
    return found + ([f"Not in here: {history.changed}."] if history.changes else [])


def _refuse_taken(path: Path, ending: str, content: bytes) -> None:
    """`BadInput` if writing a file beside the script would replace one that is something else."""
    beside, what = path.with_suffix(ending), BESIDE[ending]
    if path.name.endswith(ending):
        raise BadInput(f'a script should end in .py, not "{path.name}": its {what} get that name')
    try:
        taken = beside.exists() and beside.read_bytes() != content
    except OSError:
        taken = True
    if taken:
        raise BadInput(
            f'"{beside}" is there already, and the script needs that name for its {what}; '
            "give the script another name"
        )
