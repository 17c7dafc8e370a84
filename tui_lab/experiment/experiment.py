"""The Experiment: everything that decides a training, in one immutable piece of data."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tui_lab.experiment.augmentation import Augmentation
from tui_lab.experiment.catalogue import AnyDataset
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.named import ByName, Matches, Part
from tui_lab.experiment.optimizers import Adam, Optimizer, Schedule
from tui_lab.experiment.sweep import Sweep
from tui_lab.experiment.weights import Weights

Device = Annotated[
    str, Matches(r"auto|cpu|cuda|cuda:[0-9]{1,2}|mps", "auto, cpu, cuda, cuda:0 or mps")
]


class EarlyStopping(Part):
    """Ends training when the validation loss has not improved for `patience` epochs."""

    patience: Annotated[int, Field(ge=1)] = 10
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class Training(Part):
    """How long, on what, and from which seed."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = 30
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides the first weights, the order and the augmentation of the rows, and the dropout."""
    device: Device = "auto"
    """auto measures the devices and takes the fastest."""
    engine: Literal["auto", "native", "torch", "autograd"] = "auto"
    """auto takes the quickest that can train this network; all give the same numbers."""
    clip_grad_norm: Annotated[float, Field(gt=0)] | None = None
    """The gradient's norm is cut down to this."""
    early_stopping: EarlyStopping | None = None


class Experiment(Part):
    """What to do: a dataset, a network, a loss, an optimizer, and how long."""

    title: Annotated[str, Field(max_length=200)] = ""
    notes: Annotated[str, Field(max_length=10_000)] = ""
    """What to watch."""
    section: Annotated[str, Field(max_length=10)] = ""
    """The section of the course that this belongs to."""
    dataset: Annotated[Dataset, AnyDataset()]
    augmentation: Annotated[
        tuple[Annotated[Augmentation, ByName(Augmentation)], ...],
        Field(strict=False, max_length=20),
    ] = ()
    """Random changes of the training rows, made one after the other, in every epoch anew."""
    layers: (
        Annotated[tuple[Annotated[Layer, ByName(Layer)], ...], Field(strict=False, max_length=200)]
        | None
    ) = None
    """The network; left out, one that suits the data is suggested."""
    weights: Weights | None = None
    """What the layers start with; left out, with random weights."""
    loss: Annotated[Loss, ByName(Loss)] | None = None
    """Left out, the task decides: CrossEntropyLoss for classes, MSELoss for numbers."""
    optimizer: Annotated[Optimizer, ByName(Optimizer)] = Adam()
    schedule: Annotated[Schedule, ByName(Schedule)] | None = None
    training: Training = Training()
    sweep: Sweep | None = None
    """Settings to be tried out by `tui-lab sweep`; a single training leaves them as they are."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a preset."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Experiment.model_json_schema()}
