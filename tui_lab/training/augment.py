"""Augmentation of the training rows, as an Experiment asks for it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tui_lab.data.prepared import Prepared
from tui_lab.experiment.augmentation import Augmentation, Mixup, in_steps
from tui_lab.experiment.shape import Shape
from tui_lab.training import effects
from tui_lab.training.loop import MixedRows, Rows

AT_ONCE = 1000
"""So many pictures are moved at once: where each pixel comes from takes memory."""


@dataclass(frozen=True)
class Augment:
    """Gives an epoch's training rows, in their order, as they enter in this epoch."""

    kinds: tuple[Augmentation, ...]
    picture: Shape | None
    """(channels, height, width) if a row is a picture, in whatever shape it enters."""
    background: Tensor
    """What an empty pixel, 0 before scaling, is after scaling; broadcasts over pictures."""
    batch_size: int

    def __call__(self, rows: Rows, random: torch.Generator) -> Rows:
        """The rows changed; all that is random is drawn from `random`."""
        x = rows.x.reshape(-1, *self.picture) if self.picture else rows.x
        partners = shares = None
        for step in in_steps(self.kinds):
            if isinstance(step[0], Mixup):
                x, partners, shares = effects.mixup(x, random, step[0].alpha, self.batch_size)
            else:
                x = self._changed(x, step, random)
        x = x.reshape(rows.x.shape)
        if partners is None or shares is None:
            return Rows(x, rows.y)
        return MixedRows(x, rows.y, rows.y[partners], shares, self.batch_size)

    def _changed(
        self, x: Tensor, step: tuple[Augmentation, ...], random: torch.Generator
    ) -> Tensor:
        if not step[0].moves:
            fill = {"background": self.background} if step[0].fills else {}
            changed: Tensor = _function(step[0])(x, random, **fill, **step[0].arguments())
            return changed
        looks = [_function(kind)(x, random, **kind.arguments()) for kind in step]
        matrices = looks[0]
        for following in looks[1:]:
            matrices = matrices @ following
        pairs = zip(
            torch.split(x, AT_ONCE), torch.split(matrices.to(x.device), AT_ONCE), strict=True
        )
        return torch.cat([effects.moved(*pair, self.background) for pair in pairs])


def _function(kind: Augmentation):  # type: ignore[no-untyped-def]
    return getattr(effects, type(kind).__name__.lower())


def build_augment(
    kinds: tuple[Augmentation, ...], data: Prepared, batch_size: int, device: torch.device
) -> Augment | None:
    """The augmentation of prepared data on `device`, or None without any."""
    if not kinds:
        return None
    picture = data.facts.picture
    background = torch.from_numpy(data.preparation.x(np.zeros((1, len(data.facts.columns)))))
    if picture:
        background = background.reshape(picture)[:, :1, :1]
    return Augment(kinds, picture, background.to(device), batch_size)
