"""The losses, under PyTorch's names; a new one is one class here."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tui_lab.experiment.named import Named

Task = Literal["classification", "regression"]


class Loss(Named):
    """What training makes small; the mean over the samples."""

    task: ClassVar[Task]
    targets: ClassVar[Literal["classes", "one number"]] = "one number"
    """`classes`: one output a class; `one number`: a single output."""
    wants: ClassVar[Literal["logits", "probabilities", "numbers"]]
    """What the network's last layer must give."""


class CrossEntropyLoss(Loss):
    """For two or more classes; wants logits (no Softmax before it), one for each class."""

    task, targets, wants = "classification", "classes", "logits"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    weight: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(strict=False)] | None = None
    """One weight above 0 for each class, for classes of unequal size."""


class BCEWithLogitsLoss(Loss):
    """For two classes; wants one logit (no Sigmoid before it)."""

    task, wants = "classification", "logits"


class BCELoss(Loss):
    """For two classes; wants one probability, from a Sigmoid."""

    task, wants = "classification", "probabilities"


class MSELoss(Loss):
    """For numbers: the mean of the squared errors."""

    task, wants = "regression", "numbers"


class L1Loss(Loss):
    """For numbers: the mean of the absolute errors; outliers count less than with MSELoss."""

    task, wants = "regression", "numbers"


class SmoothL1Loss(Loss):
    """For numbers: squared errors up to `beta`, absolute errors beyond."""

    task, wants = "regression", "numbers"
    first = "beta"
    beta: Annotated[float, Field(gt=0)] = 1.0
