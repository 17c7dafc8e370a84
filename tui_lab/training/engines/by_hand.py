"""The torch engine: forward and backward written out, each formula beside its lines.

What autograd finds out anew in every step is known beforehand for a stack of dense layers. So the
gradients are worked out here, from the last layer to the first. With x for what enters a layer, y
for what leaves it, and dy for the gradient of the loss with respect to y, the chain rule gives dx,
and the gradient of the layer's own parameters, if it has any.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.experiment.work import rows_at_once
from tui_lab.training.engines.dense import Part
from tui_lab.training.engines.engine import Measured
from tui_lab.training.engines.flat_engine import FlatEngine, growth
from tui_lab.training.engines.losses import by_hand, wanted
from tui_lab.training.engines.steps import Moved, adam, adamw, sgd
from tui_lab.training.loop import Bounds, Entering, NotFinite, Rows, Seen, Step, predict

STEPS: dict[type[torch.optim.Optimizer], Callable[..., None]] = {
    torch.optim.SGD: sgd,
    torch.optim.Adam: adam,
    torch.optim.AdamW: adamw,
}


class Hand:
    """A layer by hand for batches of so many rows, with the buffers that it fills each time."""

    def __init__(self, part: Part, engine: "TorchEngine", rows: int) -> None:
        self.part, self.engine = part, engine
        self.x, self.dx = (torch.zeros(rows, part.enters) for _ in range(2))
        self.y = torch.zeros(rows, part.leaves)
        """The next layer's x."""

    def forward(self) -> None:
        """Fills y by way of x."""
        raise NotImplementedError

    def backward(self, dy: Tensor) -> Tensor:
        """dx by way of dy."""
        raise NotImplementedError


class DenseByHand(Hand):
    """y = x W + b, with W as (in, out).

    A bias is the weight of an input that is always 1, so that it needs no formula of its own: it
    lies as one more row under W, and x has one more column.
    """

    def __init__(self, part: Part, engine: "TorchEngine", rows: int) -> None:
        super().__init__(part, engine, rows)
        self.x1 = torch.ones(rows, part.inputs)
        self.x = self.x1[:, : part.enters]
        self.w, self.dw = (part.matrix(flat) for flat in (engine.flat.parameters, engine.gradient))
        self.x1_turned, self.w_turned = self.x1.t(), self.w[: part.enters].t()
        self.moves, self.is_lowest = part.moves, part is engine.lowest

    def forward(self) -> None:
        """y = x W, the bias included."""
        torch.mm(self.x1, self.w, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dW = xᵀ dy, and dx = dy Wᵀ unless no layer below needs it."""
        if self.moves:
            torch.mm(self.x1_turned, dy, out=self.dw)
        return dy if self.is_lowest else torch.mm(dy, self.w_turned, out=self.dx)


class ReLUByHand(Hand):
    """y = x where x > 0, else 0."""

    def forward(self) -> None:
        """See the class."""
        torch.clamp_min(self.x, 0, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy where y > 0, else 0."""
        return torch.mul(dy, self.y > 0, out=self.dx)


class LeakyReLUByHand(Hand):
    """y = x where x > 0, else slope x."""

    def forward(self) -> None:
        """See the class."""
        slope = float(self.part.module.negative_slope)  # type: ignore[arg-type]
        self.slope = torch.where(self.x > 0, 1.0, slope)
        torch.mul(self.x, self.slope, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy where x > 0, else slope dy."""
        return torch.mul(dy, self.slope, out=self.dx)


class SigmoidByHand(Hand):
    """y = 1 / (1 + e^-x)."""

    def forward(self) -> None:
        """See the class."""
        torch.sigmoid(self.x, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy y (1 - y)."""
        return torch.mul(dy, self.y * (1 - self.y), out=self.dx)


class TanhByHand(Hand):
    """y = tanh x."""

    def forward(self) -> None:
        """See the class."""
        torch.tanh(self.x, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy (1 - y²)."""
        return torch.mul(dy, 1 - self.y * self.y, out=self.dx)


class DropoutByHand(Hand):
    """y = x mask / (1 - p), where the mask is 0 with probability p and 1 otherwise."""

    def forward(self) -> None:
        """See the class."""
        self.mask = self.engine.draw_mask(self.part, len(self.x)).mul_(growth(self.part))
        torch.mul(self.x, self.mask, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy mask / (1 - p)."""
        return torch.mul(dy, self.mask, out=self.dx)


HANDS: dict[type[nn.Module], type[Hand]] = {
    nn.Linear: DenseByHand,
    nn.ReLU: ReLUByHand,
    nn.LeakyReLU: LeakyReLUByHand,
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
        self.lowest = next(part for part in self.flat.parts if part.moves)
        """No gradient is needed below this layer."""
        self.steps_before = 0
        """How many steps the optimizer had made before the slice."""
        self.hands: dict[int, list[Hand]] = {}
        """The layers for every number of rows that a batch has."""
        self.moved, self.move = list(_stretches(self)), STEPS[type(self.flat.optimizer)]
        self.leaves = self.flat.parts[-1].leaves
        self.loss_of = by_hand(step.loss, self.leaves)

    @torch.no_grad()
    def train(self, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails."""
        first, last = self.bounds[done][0], self.bounds[until - 1][1]
        sizes = [stop - start for start, stop in self.bounds[done:until]]
        part = rows.part(first, last)
        targets = wanted(self.step.loss, part.y, self.leaves)
        whole = part.x.flatten(1), targets, seen.outputs[first:last]
        batches = zip(*(torch.split(tensor, sizes) for tensor in whole), strict=True)
        losses: list[float] = []
        self.steps_before = int(self.flat.steps)
        for (x, t, outputs), lr in zip(batches, self.rates(until - done).tolist(), strict=True):
            hands = self._hands(len(x))
            y = outputs.copy_(_forward(hands, x))
            loss, d = self.loss_of(y, t)
            losses.append(loss)
            if not math.isfinite(loss):
                break
            self._backward(hands, d)
            self._step(lr, len(losses))
        seen.losses[done : done + len(losses)] = torch.tensor(losses)
        finite = len(losses) - (not math.isfinite(losses[-1]))
        self.flat.steps += finite
        if done + finite < until:
            raise NotFinite(losses[-1], done + finite)

    def _hands(self, rows: int) -> list[Hand]:
        """Every layer's y is the next one's x."""
        if rows not in self.hands:
            found = [HANDS[type(part.module)](part, self, rows) for part in self.flat.parts]
            for hand, following in itertools.pairwise(found):
                hand.y = following.x
            self.hands[rows] = found
        return self.hands[rows]

    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, outputs)."""
        return predict(self.step.network, x, self.rows_at_once)

    def trained(self, rows: Entering, seen: Seen) -> Measured | None:
        """How good an epoch's outputs were, each when its batch was trained."""
        return self.measure(seen.outputs, rows.targets(seen.outputs.shape[0]))

    def validated(self, rows: Rows) -> Measured | None:
        """How good the outputs for `rows` are in eval mode."""
        return self.measure(self.predict(rows.x), rows.y)

    def measure(self, outputs: Tensor, y: Tensor) -> Measured | None:
        """There is no quicker way than the judge's own."""
        return None

    def _backward(self, hands: list[Hand], d: Tensor) -> None:
        for hand in reversed(hands):
            d = hand.backward(d)
            if hand.part is self.lowest:
                return

    def _step(self, lr: float, number: int) -> None:
        """Cuts the gradient's norm down, if that is asked for, and moves the parameters."""
        if clip := self.step.clip_grad_norm:
            norm = torch.linalg.vector_norm(self.gradient)
            self.gradient.mul_((clip / (norm + 1e-6)).clamp(max=1))
        settings, steps = self.flat.optimizer.param_groups[0], self.steps_before + number
        for part in self.moved:
            self.move(part, settings, lr * part.lr_factor, steps)


def _forward(hands: list[Hand], x: Tensor) -> Tensor:
    hands[0].x.copy_(x)
    for hand in hands:
        hand.forward()
    return hands[-1].y


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
