"""Optuna's random search for lr and momentum, around the loop of every course."""

from dataclasses import replace

import optuna

from benchmarks.peers import course
from benchmarks.tasks import Task


def search(task: Task, trials: int, epochs: int, threads: int, seed: int = 0) -> float:
    """The least validation loss that it found."""

    def objective(trial: optuna.Trial) -> float:
        lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        momentum = trial.suggest_float("momentum", 0.85, 0.99)
        optimizer = task.experiment.optimizer.replace(lr=lr, momentum=momentum)
        drawn = replace(task, experiment=task.experiment.replace(optimizer=optimizer))
        return course.train(drawn, epochs)["loss"]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    study.optimize(objective, n_trials=trials, n_jobs=threads)
    return study.best_value
