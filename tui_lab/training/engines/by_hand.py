"""The torch engine: forward and backward written out, each formula beside its lines.

What autograd finds out anew in every step is known beforehand for a stack of dense layers. So the
gradients are worked out here, from the last layer to the first. With x for what enters a layer, y
for what leaves it, and dy for the gradient of the loss with respect to y, the chain rule gives dx,
and the gradient of the layer's own parameters, if it has any.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.experiment.work import rows_at_once
from tui_lab.training.engines.dense import Part
from tui_lab.training.engines.engine import Measured
from tui_lab.training.engines.flat_engine import FlatEngine, growth
from tui_lab.training.engines.losses import by_hand, wanted
from tui_lab.training.engines.steps import Move, adam, adamw, sgd
from tui_lab.training.loop import Bounds, Entering, NotFinite, Rows, Seen, Step

STEPS: dict[str, Callable[..., Move]] = {"SGD": sgd, "Adam": adam, "AdamW": adamw}


class Hand:
    """A layer by hand for batches of so many rows, with the buffers that it fills each time."""

    def __init__(self, part: Part, engine: "TorchEngine", rows: int) -> None:
        self.part, self.engine = part, engine
        self.x, self.dx = (torch.zeros(rows, part.enters) for _ in range(2))
        self.y = torch.zeros(rows, part.leaves)
        """The next layer's x; the last layer's lies among the outputs of the epoch."""

    def forward(self) -> None:
        """Fills y by way of x."""
        raise NotImplementedError

    def backward(self, dy: Tensor) -> Tensor:
        """dx by way of dy, which nobody needs afterwards."""
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
        """dx = dy where y > 0, else 0: y's sign is 1 or 0."""
        return torch.sign(self.y, out=self.dx).mul_(dy)


class LeakyReLUByHand(Hand):
    """y = x where x > 0, else slope x."""

    def forward(self) -> None:
        """See the class."""
        slope = float(self.part.module.negative_slope)  # type: ignore[arg-type]
        self.slope = torch.where(self.x > 0, 1.0, slope)
        torch.mul(self.x, self.slope, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy where x > 0, else slope dy."""
        return dy.mul_(self.slope)


class SigmoidByHand(Hand):
    """y = 1 / (1 + e^-x)."""

    def forward(self) -> None:
        """See the class."""
        torch.sigmoid(self.x, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy (y - y²)."""
        return torch.addcmul(self.y, self.y, self.y, value=-1, out=self.dx).mul_(dy)


class TanhByHand(Hand):
    """y = tanh x."""

    def forward(self) -> None:
        """See the class."""
        torch.tanh(self.x, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy (1 - y²) = dy - dy y²."""
        return dy.addcmul_(dy, torch.square(self.y, out=self.dx), value=-1)


class DropoutByHand(Hand):
    """y = x mask / (1 - p), where the mask is 0 with probability p and 1 otherwise."""

    def forward(self) -> None:
        """See the class."""
        self.mask = self.engine.draw_mask(self.part, len(self.x)).mul_(growth(self.part))
        torch.mul(self.x, self.mask, out=self.y)

    def backward(self, dy: Tensor) -> Tensor:
        """dx = dy mask / (1 - p)."""
        return dy.mul_(self.mask)


HANDS: dict[type[nn.Module], type[Hand]] = {
    nn.Linear: DenseByHand,
    nn.ReLU: ReLUByHand,
    nn.LeakyReLU: LeakyReLUByHand,
    nn.Sigmoid: SigmoidByHand,
    nn.Tanh: TanhByHand,
    nn.Dropout: DropoutByHand,
}


class Stack:
    """All layers by hand for batches of so many rows: every layer's y is the next one's x."""

    def __init__(self, engine: "TorchEngine", rows: int) -> None:
        parts = engine.flat.parts
        hands = [HANDS[type(part.module)](part, engine, rows) for part in parts]
        for hand, following in itertools.pairwise(hands):
            hand.y = following.x
        self.x, self.last = hands[0].x, hands[-1]
        self.forwards = [hand.forward for hand in hands]
        learning = hands[parts.index(engine.lowest) :]
        self.backwards = [hand.backward for hand in reversed(learning)]

    def forward(self, x: Tensor, outputs: Tensor) -> None:
        """Fills the outputs by way of x."""
        self.x.copy_(x)
        self.last.y = outputs
        for forward in self.forwards:
            forward()

    def backward(self, d: Tensor) -> None:
        """Fills the gradient by way of d, that of the loss with respect to the outputs."""
        for backward in self.backwards:
            d = backward(d)


Batch = tuple[Stack, Tensor, Tensor, Tensor, Tensor, float]
"""A stack, x, t, where the outputs go, by what the gradient is to be divided, and lr."""


class TorchEngine(FlatEngine):
    """Trains a dense stack without autograd, by torch operations on flat parameters."""

    name = "torch"

    def __init__(self, net: Network, step: Step, bounds: Bounds) -> None:
        super().__init__(net, step, bounds)
        self.rows_at_once, self.gradient = rows_at_once(net), torch.zeros(self.flat.size)
        self.lowest = next(part for part in self.flat.parts if part.moves)
        """No gradient is needed below this layer."""
        self.stacks: dict[int, Stack] = {}
        """The layers for every number of rows that a batch has."""
        self.moves, self.loss = list(_moves(self)), by_hand(step.loss)
        self.sizes = torch.tensor([stop - start for start, stop in bounds])

    @torch.inference_mode()
    def train(self, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails.

        Whether a loss is finite is looked at afterwards, for all batches at once. If one isn't,
        everything is made as it was, and the batches before that one are trained again.
        """
        first, last = self.bounds[done][0], self.bounds[until - 1][1]
        part, outputs, before = rows.part(first, last), seen.outputs[first:last], self._now()
        sizes = self.sizes[done:until]
        weights = _sums(self.loss.weights(part.y), sizes)
        batches = list(self._batches(part, outputs, sizes, weights))
        self._train(batches)
        losses = seen.losses[done:until]
        losses.copy_(_sums(self.loss.of_rows(outputs, part.y), sizes) / weights)
        if not losses.isfinite().all():
            finite = int(losses.isfinite().cumprod(0).sum())
            self._back(before)
            self._train(batches[:finite])
            raise NotFinite(float(losses[finite]), done + finite)

    def _batches(
        self, part: Rows, outputs: Tensor, sizes: Tensor, weights: Tensor
    ) -> Iterable[Batch]:
        """What every step needs, in the order of its arguments."""
        counts = sizes.tolist()
        self.move_rates(len(counts))
        for rows in set(counts) - self.stacks.keys():
            self.stacks[rows] = Stack(self, rows)
        targets = wanted(self.step.loss, part.y, outputs.shape[1])
        whole = part.x.flatten(1), targets, outputs
        return zip(
            [self.stacks[rows] for rows in counts],
            *(torch.split(tensor, counts) for tensor in whole),
            (weights / self.loss.steepness).float().unbind(),
            self.rates[: len(counts)].tolist(),
            strict=True,
        )

    def _train(self, batches: Iterable[Batch]) -> None:
        """Forward, backward, step."""
        slope, step = self.loss.slope, self._step
        for stack, x, t, outputs, divisor, lr in batches:
            stack.forward(x, outputs)
            stack.backward(slope(outputs, t))
            step(lr, divisor)

    def _step(self, lr: float, divisor: Tensor) -> None:
        """Moves the parameters by the gradient / divisor, its norm cut down if that is asked."""
        if clip := self.step.clip_grad_norm:
            norm = torch.linalg.vector_norm(self.gradient) / divisor
            divisor = divisor / (clip / (norm + 1e-6)).clamp(max=1)
        if self.flat.counts:
            self.flat.steps.add_(1)
        for factor, move in self.moves:
            move(lr=lr * factor, grad_scale=divisor)

    def _now(self) -> tuple[Tensor, ...]:
        """What training changes, as it is now."""
        return *(tensor.clone() for tensor in self._changing()), self.random.get_state()

    def _back(self, before: tuple[Tensor, ...]) -> None:
        """Makes everything as it was `before`."""
        for tensor, value in zip(self._changing(), before, strict=False):
            tensor.copy_(value)
        self.random.set_state(before[-1])
        self.gradient.zero_()  # where it pads, too

    def _changing(self) -> tuple[Tensor, ...]:
        return self.flat.parameters, *self.flat.memories.values(), self.flat.steps

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """The outputs in eval mode, (rows, outputs)."""
        parts = torch.split(x.flatten(1), self.rows_at_once)
        return torch.cat([self._predicted(part) for part in parts])

    def _predicted(self, x: Tensor) -> Tensor:
        """In eval mode Dropout does nothing."""
        for part in self.flat.parts:
            if not isinstance(part.module, nn.Dropout):
                x = part.module(x)
        return x

    @torch.inference_mode()
    def trained(self, rows: Entering, seen: Seen) -> Measured:
        """How good an epoch's outputs were, each when its batch was trained."""
        y = rows.targets(seen.outputs.shape[0])
        weights = _sums(self.loss.weights(y), self.sizes)
        loss = float(weights.dot(seen.losses.double()) / weights.sum())
        return self.loss.measured(loss, seen.outputs, y)

    @torch.inference_mode()
    def validated(self, rows: Rows) -> Measured:
        """How good the outputs for `rows` are in eval mode."""
        outputs = self.predict(rows.x)
        loss = self.loss.of_rows(outputs, rows.y).sum() / self.loss.weights(rows.y).sum()
        return self.loss.measured(float(loss), outputs, rows.y)


def _sums(numbers: Tensor, sizes: Tensor) -> Tensor:
    """The sums over batches of so many rows, one row after the other wherever a slice begins."""
    batch = torch.arange(len(sizes)).repeat_interleave(sizes)
    return torch.zeros(len(sizes), dtype=torch.float64).index_add_(0, batch, numbers)


def _moves(engine: TorchEngine) -> Iterator[tuple[float, Move]]:
    """The share of the learning rate, and the optimizer's step, of each stretch of parameters.

    Layers that follow each other and learn at one rate are moved in one go.
    """
    flat, step = engine.flat, STEPS[type(engine.flat.optimizer).__name__]
    found: list[tuple[int, int, float]] = []
    for part in flat.parts:
        if not part.moves:
            continue
        start, end, factor = part.at, part.at + part.size, engine.lr_factor(part)
        if found and found[-1][1:] == (start, factor):
            start = found.pop()[0]
        found.append((start, end, factor))
    for start, end, factor in found:
        tensors = flat.parameters, engine.gradient, *flat.memories.values()
        stretches = [tensor[start:end] for tensor in tensors]
        yield factor, step(*stretches, steps=flat.steps, settings=flat.optimizer.param_groups[0])
