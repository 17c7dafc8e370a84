"""Metrics in float64, with the averaging named, and the baselines to compare them with.

torchmetrics is imported for the tables alone: it takes a second, and sweeps have no tables.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.losses import Loss
from tui_lab.training.engines.engine import Measured
from tui_lab.training.objective import build_loss, shaped

AVERAGING = "macro: the mean over the classes; accuracy counts every row the same"
CPU = torch.device("cpu")
Table = dict[str, float | None]


@dataclass(frozen=True)
class Judge:
    """Measures outputs (rows, outputs) against targets (rows,), on whatever device they are.

    It counts in float64 on the CPU and takes all rows of a split in one go, so that the loss is
    their mean, by class weights if there are any, however the rows were batched.
    """

    loss: Loss
    facts: Facts
    target_mean: float
    target_deviation: float
    baseline: float
    """What needs no network: the train split's largest class, or its mean in original units."""

    def brief(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """The loss and the metric that is watched while training."""
        outputs, y = _exact(outputs, y)
        if not self.facts.classes:
            given, wanted = self._in_units(outputs, y)
            rmse = float((given - wanted).square().mean().sqrt())
            return {"loss": self._loss(outputs, y), "rmse": rmse}
        hits = classes_of(outputs, self.loss) == y.long()
        return {"loss": self._loss(outputs, y), "accuracy": float(hits.double().mean())}

    def told(self, found: Measured) -> dict[str, float]:
        """The same from what an engine has measured."""
        if self.facts.classes:
            return {"loss": found.loss, "accuracy": found.accuracy}
        return {"loss": found.loss, "rmse": found.rmse * self.target_deviation}

    def table(self, outputs: Tensor, y: Tensor) -> Table:
        """Every metric; None where there is no finite number."""
        outputs, y = _exact(outputs, y)
        found: dict[str, float | Tensor | None] = {"loss": self._loss(outputs, y)}
        if self.facts.classes:
            y = y.long()
            found |= _classification(classes_of(outputs, self.loss), y, len(self.facts.classes))
            found["baseline"] = (y == int(self.baseline)).double().mean()
        else:
            given, y = self._in_units(outputs, y)
            found |= _regression(given, y)
            found["baseline"] = (y - self.baseline).square().mean().sqrt()
        return {name: _number(value) for name, value in found.items()}

    def confusion(self, outputs: Tensor, y: Tensor) -> list[list[int]]:
        """How often each true class (a row each) was taken for which (a column each)."""
        count = len(self.facts.classes)
        pairs = y.cpu().long() * count + classes_of(outputs.cpu(), self.loss)
        found: list[list[int]] = torch.bincount(pairs, minlength=count**2).view(count, -1).tolist()
        return found

    def _loss(self, outputs: Tensor, y: Tensor) -> float:
        loss = build_loss(self.loss, CPU).double()
        return float(loss(shaped(outputs, y), y))

    def _in_units(self, outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and targets of a regression in the target's own units, (rows,) each."""
        given, wanted = (v * self.target_deviation + self.target_mean for v in (outputs, y))
        return given.flatten(), wanted


def _exact(outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    y = y.cpu()
    return outputs.cpu().double(), y.double() if y.is_floating_point() else y


def classes_of(outputs: Tensor, loss: Loss) -> Tensor:
    """The predicted class numbers (rows,): the largest score, or 1 where one output says yes."""
    if loss.targets == "classes":
        return outputs.argmax(dim=1)
    return (outputs.flatten() > (0.5 if loss.wants == "probabilities" else 0.0)).long()


def _classification(given: Tensor, y: Tensor, count: int) -> dict[str, Tensor]:
    """Counted by torchmetrics; a class that is neither there nor predicted is left out."""
    from torchmetrics.functional.classification import multiclass_stat_scores

    counts = multiclass_stat_scores(given, y, count, average=None).double()
    hits, false_alarms, _, misses, _ = counts[counts[:, [0, 1, 3]].sum(dim=1) > 0].unbind(dim=1)
    return {
        "accuracy": hits.sum() / len(y),
        "precision": _mean_share(hits, hits + false_alarms),
        "recall": _mean_share(hits, hits + misses),
        "f1": _mean_share(2 * hits, 2 * hits + false_alarms + misses),
    }


def _mean_share(part: Tensor, whole: Tensor) -> Tensor:
    """The mean over the classes of part / whole, which counts as 0 where there is nothing."""
    return (part / whole.clamp(min=1)).mean()


def _regression(given: Tensor, y: Tensor) -> dict[str, Tensor | None]:
    from torchmetrics.functional import regression

    return {
        "mae": regression.mean_absolute_error(given, y),
        "rmse": regression.mean_squared_error(given, y, squared=False),
        "r2": regression.r2_score(given, y) if len(y) > 1 else None,
    }


def _number(value: float | Tensor | None) -> float | None:
    return None if value is None or not math.isfinite(float(value)) else float(value)


def baseline_of(y: Tensor, facts: Facts, mean: float, deviation: float) -> float:
    """The largest class's number, or the mean in original units, of (rows,) training targets."""
    if facts.classes:
        return float(torch.bincount(y.long(), minlength=len(facts.classes)).argmax())
    return float(y.double().mean()) * deviation + mean
