"""The torch engine: forward and backward written out, each formula beside its lines.

What autograd finds out anew in every step is known beforehand for a stack of dense layers. So the
gradients are worked out here, from the last layer to the first. With x for what enters a layer, y
for what leaves it, and dy for the gradient of the loss with respect to y, the chain rule gives dx,
and the gradient of the layer's own parameters, if it has any.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.experiment.work import rows_at_once
from tui_lab.training.engines.dense import Part
from tui_lab.training.engines.engine import Bounds, Measured
from tui_lab.training.engines.flat_engine import FlatEngine, growth
from tui_lab.training.engines.losses import by_hand
from tui_lab.training.engines.steps import Moved, adam, adamw, sgd
from tui_lab.training.loop import NotFinite, Rows, Seen, Step, predict

STEPS = {torch.optim.SGD: sgd, torch.optim.Adam: adam, torch.optim.AdamW: adamw}


class Hand:
    """A layer by hand; it remembers of the way forward what the way back needs."""

    def __init__(self, part: Part, engine: "TorchEngine") -> None:
        self.part, self.engine = part, engine

    def forward(self, x: Tensor) -> Tensor:
        """From x to y."""
        raise NotImplementedError

    def backward(self, dy: Tensor, is_lowest: bool) -> Tensor:
        """From dy to dx, in dy's place if that can be; the lowest layer needs no dx."""
        raise NotImplementedError


class DenseByHand(Hand):
    """y = x W + b, with W as (in, out)."""

    def __init__(self, part: Part, engine: "TorchEngine") -> None:
        super().__init__(part, engine)
        self.w, *self.b = (p.detach().t() for p in part.module.parameters())
        self.dw, *self.db = (g.t() for g in engine.flat.views(part, engine.gradient))

    def forward(self, x: Tensor) -> Tensor:
        """y = x W + b."""
        self.x = x
        return torch.addmm(self.b[0], x, self.w) if self.b else x @ self.w

    def backward(self, dy: Tensor, is_lowest: bool) -> Tensor:
        """dW = xᵀ dy, db = Σ dy over the rows, dx = dy Wᵀ."""
        if self.part.moves:
            torch.mm(self.x.t(), dy, out=self.dw)
            for db in self.db:
                torch.sum(dy, 0, out=db)
        return dy if is_lowest else dy @ self.w.t()


class ReLUByHand(Hand):
    """y = x where x > 0, else slope x; the slope is 0 but for LeakyReLU."""

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        self.slope = float(getattr(self.part.module, "negative_slope", 0.0))
        self.y = nn.functional.leaky_relu(x, self.slope) if self.slope else x.relu()
        return self.y

    def backward(self, dy: Tensor, is_lowest: bool) -> Tensor:
        """dx = dy where y > 0, else slope dy."""
        if not self.slope:
            dx: Tensor = torch.ops.aten.threshold_backward(dy, self.y, 0)
            return dx
        return torch.where(self.y > 0, dy, self.slope * dy)


class SigmoidByHand(Hand):
    """y = 1 / (1 + e^-x)."""

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        self.y = x.sigmoid()
        return self.y

    def backward(self, dy: Tensor, is_lowest: bool) -> Tensor:
        """dx = dy y (1 - y)."""
        return dy * self.y * (1 - self.y)


class TanhByHand(Hand):
    """y = tanh x."""

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        self.y = x.tanh()
        return self.y

    def backward(self, dy: Tensor, is_lowest: bool) -> Tensor:
        """dx = dy (1 - y²)."""
        return dy * (1 - self.y * self.y)


class DropoutByHand(Hand):
    """y = x mask / (1 - p), where the mask is 0 with probability p and 1 otherwise."""

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        self.mask = self.engine.draw_mask(self.part, len(x)).mul_(growth(self.part))
        return x * self.mask

    def backward(self, dy: Tensor, is_lowest: bool) -> Tensor:
        """dx = dy mask / (1 - p)."""
        return dy * self.mask


HANDS: dict[type[nn.Module], type[Hand]] = {
    nn.Linear: DenseByHand,
    nn.ReLU: ReLUByHand,
    nn.LeakyReLU: ReLUByHand,
    nn.Sigmoid: SigmoidByHand,
    nn.Tanh: TanhByHand,
    nn.Dropout: DropoutByHand,
}


class TorchEngine(FlatEngine):
    """Trains a dense stack without autograd, by torch operations on flat parameters."""

    name = "torch"

    def __init__(self, net: Network, step: Step, bounds: Bounds) -> None:
        super().__init__(net, step, bounds)
        self.rows_at_once, self.gradient = rows_at_once(net), torch.zeros(self.flat.size)
        parts = self.flat.parts
        self.hands = [HANDS[type(part.module)](part, self) for part in parts]
        lowest = next(place for place, part in enumerate(parts) if part.moves)
        self.way_back = list(reversed(self.hands[lowest:]))
        """No gradient is needed below the lowest layer that moves."""
        self.moved = list(_stretches(self))
        self.loss_of = by_hand(step.loss)

    @torch.no_grad()
    def train(self, rows: Rows, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""
        x, y = rows.x.flatten(1), rows.y
        for index, lr in enumerate(self.rates(until - done).tolist(), done):
            start, stop = self.bounds[index]
            outputs = self._forward(x[start:stop])
            loss, d = self.loss_of(outputs, y[start:stop])
            seen.losses[index] = loss
            seen.outputs[start:stop] = outputs
            if not math.isfinite(loss):
                raise NotFinite(float(loss), index)
            self._backward(d)
            self._step(lr)

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, outputs)."""
        return predict(self.step.network, x, self.rows_at_once)

    def measure(self, outputs: Tensor, y: Tensor) -> Measured | None:
        """There is no quicker way than the judge's own."""
        return None

    def _forward(self, x: Tensor) -> Tensor:
        for hand in self.hands:
            x = hand.forward(x)
        return x

    def _backward(self, d: Tensor) -> None:
        for hand in self.way_back:
            d = hand.backward(d, hand is self.way_back[-1])

    def _step(self, lr: float) -> None:
        """Cuts the gradient's norm down, if that is asked for, and moves the parameters."""
        if clip := self.step.clip_grad_norm:
            norm = torch.linalg.vector_norm(self.gradient)
            self.gradient.mul_((clip / (norm + 1e-6)).clamp(max=1))
        self.flat.steps += 1
        optimizer, steps = self.flat.optimizer, int(self.flat.steps)
        for part in self.moved:
            settings = optimizer.param_groups[0]
            STEPS[type(optimizer)](part, settings, lr * part.lr_factor, steps)


def _stretches(engine: TorchEngine) -> Iterator[Moved]:
    """Layers that follow each other and learn at one rate are moved in one go."""
    flat = engine.flat
    found: list[tuple[int, int, float]] = []
    for part in flat.parts:
        if not part.moves:
            continue
        start, end, factor = part.at, part.at + part.size, engine.lr_factor(part)
        if found and found[-1][1:] == (start, factor):
            start = found.pop()[0]
        found.append((start, end, factor))
    for start, end, factor in found:
        place = slice(start, end)
        memories = tuple(memory[place] for memory in flat.memories.values())
        yield Moved(flat.parameters[place], engine.gradient[place], memories, factor)
