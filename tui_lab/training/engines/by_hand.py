"""The torch engine: forward and backward written out, each formula beside its lines.

What autograd finds out anew in every step is known beforehand for a stack of dense layers. So the
gradients are worked out here, from the last layer to the first. With x for what enters a layer, y
for what leaves it, and dy for the gradient of the loss with respect to y, the chain rule gives dx,
and the gradient of the layer's own parameters, if it has any.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from tui_lab.experiment.network import Network
from tui_lab.experiment.work import rows_at_once
from tui_lab.training.engines.dense import Part
from tui_lab.training.engines.engine import Measured
from tui_lab.training.engines.flat_engine import FlatEngine, growth
from tui_lab.training.engines.losses import by_hand, wanted
from tui_lab.training.engines.steps import Move, adam, adamw, sgd
from tui_lab.training.loop import Bounds, Entering, NotFinite, Rows, Seen, Step, predict

STEPS: dict[str, Callable[..., Move]] = {"SGD": sgd, "Adam": adam, "AdamW": adamw}


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
        self.hands: dict[int, list[Hand]] = {}
        """The layers for every number of rows that a batch has."""
        self.moves = list(_moves(self))
        self.leaves = self.flat.parts[-1].leaves
        self.loss = by_hand(step.loss)
        sizes = torch.tensor([stop - start for start, stop in bounds])
        self._batch_of = torch.arange(len(bounds)).repeat_interleave(sizes)
        """The batch of every row."""

    @torch.no_grad()
    def train(self, rows: Entering, seen: Seen, done: int, until: int) -> None:
        """Trains the batches from `done` to `until`; `NotFinite` at the very one that fails.

        Whether a loss is finite is looked at afterwards, for all batches at once; what was trained
        from the first one on that isn't is taken back.
        """
        part = rows.part(self.bounds[done][0], self.bounds[until - 1][1])
        rates, before = self.rates(until - done).tolist(), self._now()
        self._train(part, seen, done, rates)
        losses = seen.losses[done:until] = self._losses(part, seen, done, until)
        bad = (~losses.isfinite()).nonzero().flatten().tolist()
        if bad:
            self._back(before)
            self._train(part, seen, done, rates[: bad[0]])
            raise NotFinite(float(losses[bad[0]]), done + bad[0])

    def _train(self, part: Rows, seen: Seen, done: int, rates: list[float]) -> None:
        """As many batches as there are rates."""
        bounds = self.bounds[done : done + len(rates)]
        sizes, first = [stop - start for start, stop in bounds], self.bounds[done][0]
        count = sum(sizes)
        targets = wanted(self.step.loss, part.y[:count], self.leaves)
        whole = part.x[:count].flatten(1), targets, seen.outputs[first : first + count]
        batches = zip(*(torch.split(tensor, sizes) for tensor in whole), strict=True)
        divisors = self._divisors(part.y[:count], done, done + len(rates))
        steps = int(self.flat.steps)
        for size, (x, t, outputs), divisor, lr in zip(sizes, batches, divisors, rates, strict=True):
            steps += 1
            hands = self._hands(size)
            z = _forward(hands, x, outputs)
            self._backward(hands, self.loss.slope(z, t))
            self._step(lr, steps, divisor)
        self.flat.steps.fill_(steps)

    def _divisors(self, y: Tensor, done: int, until: int) -> Sequence[Tensor]:
        """What makes each batch's gradient that of the mean loss."""
        weights = self._by_batch(self.loss.weights(y), done, until)
        return (weights / self.loss.steepness).float().unbind()

    def _losses(self, part: Rows, seen: Seen, done: int, until: int) -> Tensor:
        """Each batch's mean loss."""
        outputs = seen.outputs[self.bounds[done][0] : self.bounds[until - 1][1]]
        losses, weights = self.loss.of_rows(outputs, part.y), self.loss.weights(part.y)
        return (self._by_batch(losses, done, until) / self._by_batch(weights, done, until)).float()

    def _by_batch(self, numbers: Tensor, done: int, until: int) -> Tensor:
        """The sums over each batch's rows, one after the other wherever a slice begins."""
        first = self.bounds[done][0]
        batch = self._batch_of[first : first + len(numbers)] - done
        return torch.zeros(until - done, dtype=torch.float64).index_add_(0, batch, numbers)

    def _now(self) -> tuple[Tensor, ...]:
        """What training changes, as it is now."""
        changing = self.flat.parameters, *self.flat.memories.values(), self.flat.steps
        return *(tensor.clone() for tensor in changing), self.random.get_state()

    def _back(self, before: tuple[Tensor, ...]) -> None:
        """Makes everything as it was `before`."""
        changing = self.flat.parameters, *self.flat.memories.values(), self.flat.steps
        for tensor, value in zip(changing, before, strict=False):
            tensor.copy_(value)
        self.random.set_state(before[-1])

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

    def trained(self, rows: Entering, seen: Seen) -> Measured:
        """How good an epoch's outputs were, each when its batch was trained."""
        return self.measure(seen.outputs, rows.targets(seen.outputs.shape[0]))

    def validated(self, rows: Rows) -> Measured:
        """How good the outputs for `rows` are in eval mode."""
        return self.measure(self.predict(rows.x), rows.y)

    @torch.no_grad()
    def measure(self, outputs: Tensor, y: Tensor) -> Measured:
        """How good outputs are, in the network's own units."""
        loss = float(self.loss.of_rows(outputs, y).sum() / self.loss.weights(y).sum())
        if not y.is_floating_point():
            right = outputs.argmax(1) == y
            return Measured(loss, float(right.double().mean()), 0.0)
        errors, right = outputs[:, 0].double() - y, (outputs[:, 0] > 0) == (y > 0.5)
        return Measured(loss, float(right.double().mean()), float(errors.square().mean().sqrt()))

    def _backward(self, hands: list[Hand], d: Tensor) -> None:
        for hand in reversed(hands):
            d = hand.backward(d)
            if hand.part is self.lowest:
                return

    def _step(self, lr: float, steps: int, divisor: Tensor) -> None:
        """Moves the parameters by the gradient, whose norm is cut down before if that is asked."""
        scale: Tensor | None = divisor
        if clip := self.step.clip_grad_norm:
            norm = torch.linalg.vector_norm(self.gradient.div_(divisor))
            self.gradient.mul_((clip / (norm + 1e-6)).clamp(max=1))
            scale = None
        for factor, move in self.moves:
            move(lr * factor, steps, scale)


def _forward(hands: list[Hand], x: Tensor, outputs: Tensor) -> Tensor:
    hands[0].x.copy_(x)
    hands[-1].y = outputs
    for hand in hands:
        hand.forward()
    return outputs


def _moves(engine: TorchEngine) -> Iterator[tuple[float, Move]]:
    """The optimizer's step, and the share of the learning rate, of each stretch of parameters.

    Layers that follow each other and learn at one rate are moved in one go.
    """
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
        memories = [memory[place] for memory in flat.memories.values()]
        settings = flat.optimizer.param_groups[0]
        step = STEPS[type(flat.optimizer).__name__]
        yield factor, step(flat.parameters[place], engine.gradient[place], memories, settings)
