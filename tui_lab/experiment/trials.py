"""The Experiments that a sweep trains, and what forbids a sweep before it begins."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from tui_lab.errors import BadInput, nearest
from tui_lab.experiment.changes import with_changes
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.ranges import Grid
from tui_lab.experiment.steering import changed
from tui_lab.experiment.sweep import MOST_TRIALS, Sweep
from tui_lab.experiment.yaml_file import Path_

Settings = Mapping[str, JsonValue]
DROPOUT = "dropout"
"""Stands for every p; all others are changed in one go, which is quicker."""
OF_TEXTS = ("title", "notes", "section", "sweep")
KEEPS_ROWS = ("batch_size", "shuffle", "scale", "columns", "rare")
"""Settings of a dataset that leave the validation rows what they are."""
_OTHER_SEED = (
    "all trials share one training.seed, so that only their settings differ; "
    "seeds: 3 trains each draw from 3 seeds"
)


def of_trial(experiment: Experiment, settings: Settings, seed: int = 0) -> Experiment:
    """The Experiment of a trial, with `seed` added to that of the training; it has no sweep.

    `BadInput` if the Experiment can't have these settings.
    """
    texts = [_text(key, value) for key, value in settings.items()]
    usual = tuple(text for text in texts if not text.startswith(f"{DROPOUT}="))
    trial, _ = with_changes(experiment.replace(sweep=None), usual)
    for text in texts:
        trial = changed(trial, text) if text.startswith(f"{DROPOUT}=") else trial
    training = trial.training
    return trial.replace(training=training.replace(seed=(training.seed + seed) % 2**63))


def _text(key: str, value: JsonValue) -> str:
    return f"{key}={json.dumps(value)}"


def misfits(experiment: Experiment) -> Iterator[tuple[str, Path_]]:
    """What is wrong with the sweep, a sentence each, and the part of a preset that it is about."""
    sweep = experiment.sweep
    if sweep is None:
        return
    if not sweep.settings:
        told = "settings is empty; name one, such as optimizer.lr: {LogUniform: [1e-4, 1e-2]}"
        yield f"sweep.{told}", ("sweep", "settings")
    for key in sweep.settings:
        if sentence := _misfit(experiment, sweep, key):
            yield f"sweep: {sentence}", ("sweep", "settings", key)
    yield from _as_a_whole(experiment, sweep)


def _misfit(experiment: Experiment, sweep: Sweep, key: str) -> str:
    """What is wrong with the range of one setting, or nothing."""
    found, (first, *rest) = sweep.settings[key], key.split(".")
    kind = type(found).__name__
    if first in OF_TEXTS:
        return f"{first} decides nothing, so there is nothing to try"
    if key in ("weights", "weights.from"):
        return f"every trial begins with the same weights, so there is nothing to try of {key}"
    if not rest and key not in (*Experiment.model_fields, DROPOUT):
        return f'there is no setting "{key}"{_nearest(key, experiment)}'
    if first == "dataset" and _takes_rows(experiment, (rest[:1] or [""])[0]):
        return f"with another {key} the validation rows are others, and no trial can be compared"
    if first == "loss" and sweep.metric == "loss":
        return "different losses can't be compared; rank by metric: accuracy or rmse"
    if (sweep.method == "grid") != isinstance(found, Grid):
        other = "write it as Grid: [...]" if sweep.method == "grid" else "that needs method: grid"
        return f"{key} is a {kind} in a sweep of method {sweep.method}; {other}"
    return next(filter(None, (_refused(experiment, key, value) for value in found.ends)), "")


def by_field(experiment: Experiment) -> dict[str, str]:
    """The whole keys of fields that are known by themselves: `lr` is `optimizer.lr`."""
    parts = {"dataset": experiment.dataset, "training": experiment.training,
             "optimizer": experiment.optimizer}  # fmt: skip
    return {field: f"{name}.{field}" for name, part in parts.items()
            for field in type(part).model_fields}  # fmt: skip


def _nearest(key: str, experiment: Experiment) -> str:
    whole = by_field(experiment)
    if key in whole:
        return f'; did you mean "{whole[key]}"?'
    return nearest(key, [DROPOUT, *whole.values()])


def _takes_rows(experiment: Experiment, setting: str) -> bool:
    """Whether the validation rows change; left out with missing numbers, they follow columns."""
    drops = setting == "columns" and getattr(experiment.dataset, "missing", "") == "drop"
    is_known = not setting or setting in type(experiment.dataset).model_fields
    return is_known and (setting not in KEEPS_ROWS or drops)


def _refused(experiment: Experiment, key: str, value: JsonValue) -> str:
    """Why a trial can't have a value, or nothing."""
    try:
        trial = of_trial(experiment, {key: value})
    except BadInput as error:
        return str(error).removeprefix(f"--set {_text(key, value)}: ")
    return "" if trial.training.seed == experiment.training.seed else _OTHER_SEED


def _as_a_whole(experiment: Experiment, sweep: Sweep) -> Iterator[tuple[str, Path_]]:
    if sweep.method == "grid" and sweep.points > MOST_TRIALS:
        told = f"the grid has {sweep.points:,} points; at most {MOST_TRIALS:,} can be tried"
        yield f"sweep: {told}", ("sweep", "settings")
    elif sweep.method == "grid" and sweep.count > sweep.points:
        told = f"the grid has only {sweep.points:,} points, not {sweep.count:,}"
        yield f"sweep.trials: {told}", ("sweep", "trials")
