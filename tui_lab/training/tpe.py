"""Draws that look where earlier trials were good: Optuna's tree-structured Parzen estimator."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import JsonValue

from tui_lab.experiment.ranges import Choice, Integers, LogUniform, Range, Uniform
from tui_lab.experiment.sweep import BLOCK, Sweep
from tui_lab.runs.trials import Trial
from tui_lab.training.draws import rounded

if TYPE_CHECKING:
    import optuna


def suggested(sweep: Sweep, number: int, earlier: Sequence[Trial]) -> dict[str, JsonValue]:
    """The settings of a trial by its number and the trials of the blocks before."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed = int(np.random.SeedSequence(sweep.seed, spawn_key=(number,)).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(n_startup_trials=BLOCK, seed=seed)
    study = optuna.create_study(
        sampler=sampler, direction="maximize" if sweep.metric == "accuracy" else "minimize"
    )
    spaces = {key: _space(found) for key, found in sweep.settings.items()}
    study.add_trials([_told(trial, sweep, spaces) for trial in earlier])
    asked = study.ask(spaces).params
    return {key: _given(found, asked[key]) for key, found in sweep.settings.items()}


def _space(found: Range) -> "optuna.distributions.BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(found, Integers):
        return IntDistribution(*found.bounds)
    if isinstance(found, Uniform | LogUniform):
        return FloatDistribution(*found.bounds, log=found.is_log)
    assert isinstance(found, Choice)
    return CategoricalDistribution(range(len(found.values)))


def _told(trial: Trial, sweep: Sweep, spaces: dict[str, Any]) -> "optuna.trial.FrozenTrial":
    """A trial as Optuna knows it; one without a value is as bad as can be."""
    import optuna

    params = {key: _taken(sweep.settings[key], trial.settings[key]) for key in spaces}
    worst = -math.inf if sweep.metric == "accuracy" else math.inf
    value = worst if trial.value is None else trial.value
    return optuna.trial.create_trial(params=params, distributions=spaces, value=value)


def _taken(found: Range, value: JsonValue) -> Any:
    return found.values.index(value) if isinstance(found, Choice) else value


def _given(found: Range, value: Any) -> JsonValue:
    if isinstance(found, Uniform | LogUniform):
        return rounded(float(value), *found.bounds)
    chosen: JsonValue = found.values[value] if isinstance(found, Choice) else int(value)
    return chosen
