"""The optimizers and the learning rate's schedules, under PyTorch's names; one class each."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from tui_lab.experiment.named import Named

Rate = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Share, Share], Field(strict=False)]
FUSED = ("SGD", "Adam", "AdamW")
"""Those whose step PyTorch can do in one go (`fused=True`)."""


class Optimizer(Named):
    """How the gradients move the parameters."""

    first = "lr"
    lr: Rate = 1e-3
    """The learning rate: how far one step goes."""
    weight_decay: Rate = 0.0
    """Pulls every weight towards zero; a remedy for overfitting."""

    def state_per_parameter(self) -> int:
        """How many more numbers than the parameters themselves the optimizer keeps for each."""
        return 2


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted."""

    momentum: Annotated[float, Field(ge=0)] = 0.0
    nesterov: bool = False

    def state_per_parameter(self) -> int:
        """One velocity with momentum, nothing without."""
        return 1 if self.momentum else 0

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> "SGD":
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0, for example 0.9")
        return self


class Adam(Optimizer):
    """A step size of its own for each parameter (Kingma and Ba, 2014)."""

    betas: Betas = (0.9, 0.999)
    eps: Rate = 1e-8


class AdamW(Optimizer):
    """Adam with the weight decay outside of the step size (Loshchilov and Hutter, 2017)."""

    betas: Betas = (0.9, 0.999)
    eps: Rate = 1e-8
    weight_decay: Rate = 0.01


class RMSprop(Optimizer):
    """Steps divided by the recent size of the gradients (Hinton, lecture notes, 2012)."""

    first = "lr"
    lr: Rate = 0.01
    alpha: Share = 0.99
    eps: Rate = 1e-8
    momentum: Annotated[float, Field(ge=0)] = 0.0

    def state_per_parameter(self) -> int:
        """The mean square, and a velocity with momentum."""
        return 2 if self.momentum else 1


class Schedule(Named):
    """How the learning rate changes while training."""

    every: ClassVar[Literal["epoch", "batch"]] = "epoch"

    def arguments_for(self, lr: float, epochs: int, steps_per_epoch: int) -> dict[str, Any]:
        """The keyword arguments of the class with this name in `torch.optim.lr_scheduler`."""
        return self.arguments()


class StepLR(Schedule):
    """Multiplies the rate by `gamma` every `step_size` epochs."""

    first = "step_size"
    step_size: Annotated[int, Field(ge=1)] = 10
    gamma: Annotated[float, Field(gt=0)] = 0.1


class CosineAnnealingLR(Schedule):
    """Lowers the rate along half a cosine, down to `eta_min` at the last epoch."""

    first = "eta_min"
    eta_min: Rate = 0.0

    def arguments_for(self, lr: float, epochs: int, steps_per_epoch: int) -> dict[str, Any]:
        """See `Schedule`."""
        return {"T_max": epochs, "eta_min": self.eta_min}


class OneCycleLR(Schedule):
    """Raises the rate to `max_lr` (ten times lr by default) and lowers it to nearly nothing."""

    every = "batch"
    first = "max_lr"
    max_lr: Annotated[float, Field(gt=0)] | None = None
    pct_start: Annotated[float, Field(gt=0, lt=1)] = 0.3

    def arguments_for(self, lr: float, epochs: int, steps_per_epoch: int) -> dict[str, Any]:
        """See `Schedule`."""
        return {
            "max_lr": self.max_lr or 10 * lr,
            "total_steps": epochs * steps_per_epoch,
            "pct_start": self.pct_start * (1 + 1e-9),  # exactly one step up would divide by zero
            "cycle_momentum": False,  # by default it replaces the momentum that was asked for
        }


class ReduceLROnPlateau(Schedule):
    """Multiplies the rate by `factor` when the validation loss hasn't improved for a while."""

    first = "patience"
    patience: Annotated[int, Field(ge=0)] = 10
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
