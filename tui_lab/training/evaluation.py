"""Metrics by torchmetrics, with the averaging named, and the baselines to compare them with."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)
from torchmetrics.functional.regression import mean_absolute_error, mean_squared_error, r2_score

from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.losses import Loss
from tui_lab.training.loop import Rows, predict
from tui_lab.training.objective import shaped

AVERAGING = "macro: the mean over the classes; accuracy counts every row the same"
Table = dict[str, float | None]


def classes_of(outputs: Tensor, loss: Loss) -> Tensor:
    """The predicted class numbers (rows,): the largest score, or 1 where one output says yes."""
    if outputs.ndim == 2:
        return outputs.argmax(dim=1)
    return (outputs > (0.5 if loss.wants == "probabilities" else 0.0)).long()


def main_metric(facts: Facts) -> str:
    """The metric that is watched while training."""
    return "accuracy" if facts.classes else "rmse"


def watched(outputs: Tensor, y: Tensor, facts: Facts, loss: Loss, deviation: float) -> float:
    """Accuracy, or RMSE in the target's own units."""
    if not facts.classes:
        return math.sqrt(float(mean_squared_error(outputs, y))) * deviation
    count = len(facts.classes)
    given = classes_of(outputs, loss)
    return float(multiclass_accuracy(given, y.long(), count, average="micro", validate_args=False))


def table(
    network: nn.Module, rows: Rows, loss: nn.Module, settings: Loss, facts: Facts,
    scaling: tuple[float, float], baseline: float,
) -> Table:  # fmt: skip
    """Every metric of one split; numbers that can't be computed are None."""
    outputs = shaped(predict(network, rows.x), rows.y)
    found: dict[str, Any] = {"loss": loss(outputs, rows.y)}
    if facts.classes:
        found |= _classification(classes_of(outputs, settings), rows.y.long(), len(facts.classes))
        found["baseline"] = (rows.y.long() == int(baseline)).double().mean()
    else:
        mean, deviation = scaling
        given, y = outputs.double() * deviation + mean, rows.y.double() * deviation + mean
        found |= _regression(given, y)
        found["baseline"] = (y - baseline).square().mean().sqrt()
    return {name: _number(value) for name, value in found.items()}


def _classification(given: Tensor, y: Tensor, count: int) -> dict[str, Tensor]:
    return {
        "accuracy": multiclass_accuracy(given, y, count, average="micro"),
        "precision": multiclass_precision(given, y, count, average="macro"),
        "recall": multiclass_recall(given, y, count, average="macro"),
        "f1": multiclass_f1_score(given, y, count, average="macro"),
    }


def _regression(given: Tensor, y: Tensor) -> dict[str, Tensor | None]:
    return {
        "mae": mean_absolute_error(given, y),
        "rmse": mean_squared_error(given, y, squared=False),
        "r2": r2_score(given, y) if len(y) > 1 else None,
    }


def _number(value: Tensor | None) -> float | None:
    if value is None or not math.isfinite(float(value)):
        return None
    return float(value)


def baseline_of(y: Tensor, facts: Facts, scaling: tuple[float, float]) -> float:
    """What needs no network: the train split's largest class, or its mean in original units."""
    if facts.classes:
        return float(torch.bincount(y.long(), minlength=len(facts.classes)).argmax())
    return float(y.double().mean()) * scaling[1] + scaling[0]
