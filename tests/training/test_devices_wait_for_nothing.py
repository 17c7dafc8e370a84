"""Whole epochs of every layer, loss, optimizer and schedule on another device than the CPU.

On the meta device a tensor left on the CPU, or a hidden `.item()`, is an error, so it shows without
a GPU what would fail or silently wait on one. Where there is a GPU, the same runs there.
"""

from contextlib import nullcontext

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from tui_lab.experiment import layers as L
from tui_lab.experiment import losses, optimizers
from tui_lab.experiment.augmentation import Augmentation, Mixup
from tui_lab.experiment.network import network
from tui_lab.training.augment import Augment
from tui_lab.training.loop import Rows, Seen, Shuffled, Step, batches, epoch, predict
from tui_lab.training.network import build
from tui_lab.training.objective import build_loss, build_optimizer, build_schedule
from tui_lab.training.shuffler import Shuffler

DEVICES = ["meta"]
DEVICES += ["cuda"] if torch.cuda.is_available() else []
DEVICES += ["mps"] if torch.backends.mps.is_available() else []
ROWS, BATCH, CLASSES = 10, 4, 3
PICTURE = (2, 6, 6)
PIXELS = (L.Conv2d, L.MaxPool2d, L.AvgPool2d, L.BatchNorm2d)


class OneDevice(TorchDispatchMode):
    """Refuses what the meta device lets through: an operation over tensors of two devices.

    Explicit copies to a device, like that of the order of the rows, are meant.
    """

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, torch.Tensor)]
        devices = {x.device.type for x in found}
        if len(devices) > 1:
            raise RuntimeError(f"{func} works on tensors of {sorted(devices)}")
        return func(*args, **(kwargs or {}))


def train(
    device, layers, loss=None, optimizer=None, schedule=None, clip=None, shape=PICTURE,
    watch=OneDevice, loaded=(), augmentation=(),
):  # fmt: skip
    """Two epochs and an evaluation by the real parts of the trainer."""
    loss = loss or losses.CrossEntropyLoss()
    by_class = loss.targets == "classes"
    layers = (*layers, L.Flatten(), L.Linear(out_features=CLASSES if by_class else 1))
    if isinstance(loss, losses.BCELoss):
        layers = (*layers, L.Sigmoid())
    net = network(shape, layers)
    assert net.error is None, net.error
    where = torch.device(device)
    module = build(net).to(where)
    y = torch.zeros(ROWS, dtype=torch.long) if by_class else torch.zeros(ROWS)
    rows = Rows(torch.randn(ROWS, *shape), y).to(where)
    bounds = batches(ROWS, BATCH, at_least=2)
    moves = build_optimizer(optimizer or optimizers.SGD(), module, loaded, lr_factor=0.1)
    scheduled = build_schedule(schedule, moves, 2, len(bounds))
    step = Step(module, build_loss(loss, where), moves, clip, scheduled.step if scheduled else None)
    seen = Seen.room(bounds, net.leaves, where)
    shuffler = Shuffler(ROWS, where, 0, is_alone=False)
    picture = shape if len(shape) == 3 else None
    augment = Augment(augmentation, picture, torch.zeros(2, 1, 1, device=where), BATCH)
    with watch():
        for _ in range(2):
            entering = augment(Shuffled(rows, shuffler.order()).part(0, ROWS), shuffler.random)
            done = list(epoch(step, entering, bounds, seen))
            given = predict(module, rows.x, 4)
    assert done == [1, 2, 3]
    assert given.device.type == where.type
    assert seen.losses.device.type == where.type
    assert given.shape == (ROWS, *net.leaves)


def some(kind):
    """A layer of `kind`, with 4 for every field that has no default."""
    return kind(**{name: 4 for name, field in kind.model_fields.items() if field.is_required()})


every_device = pytest.mark.parametrize("device", DEVICES)


@every_device
@pytest.mark.parametrize("kind", L.Layer.kinds().values(), ids=lambda kind: kind.__name__)
def test_every_layer(device, kind):
    shape = (5,) if some(kind).ranks == (1,) else PICTURE
    train(device, (some(kind),), shape=shape)


@every_device
@pytest.mark.parametrize("start", ["xavier_uniform", "kaiming_normal", "uniform", "zeros"])
def test_every_kind_of_weights_frozen_or_not(device, start):
    frozen = L.Linear(out_features=4, initialisation=start, frozen=True)
    train(device, (frozen, L.Linear(out_features=4, initialisation=start, bias=False)))


@every_device
@pytest.mark.parametrize(
    "loss",
    [
        *(kind() for kind in losses.Loss.kinds().values()),
        losses.CrossEntropyLoss(label_smoothing=0.1, weight=(1.0, 2.0, 3.0)),
    ],
    ids=repr,
)
def test_every_loss(device, loss):
    train(device, (L.ReLU(),), loss=loss)


@every_device
@pytest.mark.parametrize(
    "optimizer",
    [
        *(kind() for kind in optimizers.Optimizer.kinds().values()),
        optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
        optimizers.RMSprop(momentum=0.9, weight_decay=0.1),
    ],
    ids=repr,
)
@pytest.mark.parametrize("clip", [None, 1.0])
def test_every_optimizer(device, optimizer, clip):
    train(device, (L.ReLU(),), optimizer=optimizer, clip=clip)


@every_device
@pytest.mark.parametrize("optimizer", optimizers.Optimizer.kinds().values())
def test_the_schedule_that_moves_every_batch(device, optimizer):
    train(device, (L.ReLU(),), optimizer=optimizer(), schedule=optimizers.OneCycleLR())


@every_device
@pytest.mark.parametrize("optimizer", optimizers.Optimizer.kinds().values())
def test_frozen_statistics_and_loaded_layers_that_learn_slower(device, optimizer):
    layers = (L.BatchNorm2d(frozen=True), L.Conv2d(out_channels=2))
    schedule = optimizers.OneCycleLR()
    train(device, layers, optimizer=optimizer(), schedule=schedule, loaded=("1.weight",))


@every_device
@pytest.mark.parametrize("kind", Augmentation.kinds().values(), ids=lambda kind: kind.__name__)
def test_every_augmentation(device, kind):
    train(device, (L.ReLU(),), augmentation=(kind(),))


@every_device
@pytest.mark.parametrize("loss", losses.Loss.kinds().values(), ids=lambda kind: kind.__name__)
def test_every_loss_of_mixed_rows(device, loss):
    train(device, (L.ReLU(),), loss=loss(), augmentation=(Mixup(),))


class Waits(torch.nn.ReLU):
    def forward(self, x):
        x.sum().item()
        return x


class StaysBehind(torch.nn.ReLU):
    def forward(self, x):
        return x + torch.zeros(x.shape)


class IndexStaysBehind(torch.nn.ReLU):
    def forward(self, x):
        return x[torch.arange(len(x))]


@pytest.mark.parametrize("bad", [Waits, StaysBehind, IndexStaysBehind])
def test_a_hidden_wait_or_a_tensor_left_on_the_cpu_is_found(monkeypatch, bad):
    monkeypatch.setattr(torch.nn, "ReLU", bad)
    with pytest.raises((RuntimeError, NotImplementedError)):
        train("meta", (L.ReLU(),))


def test_the_meta_device_alone_would_let_an_index_through(monkeypatch):
    monkeypatch.setattr(torch.nn, "ReLU", IndexStaysBehind)
    train("meta", (L.ReLU(),), watch=nullcontext)
