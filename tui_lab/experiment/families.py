"""The families of parts that are chosen by a PyTorch name."""

from functools import cache

from tui_lab.experiment.augmentation import Augmentation
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.named import Named
from tui_lab.experiment.optimizers import Optimizer, Schedule

FAMILIES: dict[str, type[Named]] = {
    "augmentations": Augmentation,
    "layers": Layer,
    "losses": Loss,
    "optimizers": Optimizer,
    "schedules": Schedule,
}


@cache
def all_kinds() -> dict[str, type[Named]]:
    """Every class of every family by name."""
    return {name: kind for family in FAMILIES.values() for name, kind in family.kinds().items()}
