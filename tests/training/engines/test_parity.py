"""All engines give the same numbers within rounding, whatever dense stack they train."""

from dataclasses import dataclass

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tui_lab.experiment import layers as L
from tui_lab.experiment import losses, optimizers
from tui_lab.experiment.network import Network, network
from tui_lab.experiment.shape import Shape
from tui_lab.training.engines import native
from tui_lab.training.engines.autograd import AutogradEngine
from tui_lab.training.engines.by_hand import TorchEngine
from tui_lab.training.engines.dense import unfit
from tui_lab.training.engines.engine import Measured
from tui_lab.training.engines.native import NativeEngine
from tui_lab.training.evaluation import classes_of
from tui_lab.training.loop import NotFinite, Rows, Seen, Shuffled, Step, batches
from tui_lab.training.network import build
from tui_lab.training.objective import build_loss, build_optimizer, build_schedule, shaped

FAST = [TorchEngine, *([NativeEngine] if native.library() else [])]
needs_native = pytest.mark.skipif(native.library() is None, reason="no compiled engine")
CPU = torch.device("cpu")
STEPS = 12
"""After more of them rounding may have grown too much to tell it from a mistake."""
SIZES = st.sampled_from([1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64])
PROBABILITIES = st.sampled_from([0.0, 0.3, 1.0])


@dataclass(frozen=True)
class Case:
    net: Network
    loss: losses.Loss
    optimizer: optimizers.Optimizer
    one_cycle: bool
    clip: float | None
    slow: bool
    rows: int
    batch_size: int
    seed: int
    shuffles: bool


@st.composite
def cases(draw, convolves: bool = False) -> Case:
    enters, hidden = draw(pictures()) if convolves else ((draw(SIZES),), [])
    for _ in range(draw(st.integers(0, 3))):
        size, bias, frozen = draw(SIZES), draw(st.booleans()), draw(st.integers(0, 4)) == 0
        hidden.append(L.Linear(out_features=size, bias=bias, frozen=frozen))
        hidden += draw(st.lists(others, max_size=2))
    loss = draw(some_losses)
    classes = draw(st.integers(2, 20)) if loss.targets == "classes" else 1
    if loss.targets == "classes" and draw(st.booleans()):
        loss = loss.replace(weight=tuple(0.5 + place % 3 for place in range(classes)))
    last = draw(st.lists(others, max_size=1))
    net = network(enters, (*hidden, L.Linear(out_features=classes), *last))
    clip = draw(st.sampled_from([None, 0.1, 10.0]))
    flags, batch_size = (
        [draw(st.booleans()) for _ in range(2)],
        draw(st.sampled_from([1, 2, 5, 32])),
    )
    rows = batch_size * draw(st.integers(0, 3)) + draw(st.integers(1, batch_size))
    return Case(net, loss, draw(some_optimizers), flags[0], clip, flags[1], rows, batch_size,
                draw(st.integers(0, 1000)), draw(st.booleans()))  # fmt: skip


@st.composite
def pictures(draw) -> tuple[Shape, list[L.Layer]]:
    """What enters, and convolutions with what may stand between them, up to Flatten."""
    side, found = st.integers(4, 9), []
    for _ in range(draw(st.integers(1, 2))):
        found += [draw(convolutions), *draw(st.lists(others, max_size=1))]
        found += draw(st.lists(pools, max_size=1))
    enters = draw(st.sampled_from([1, 2, 3, 17])), draw(side), draw(side)
    layers = [*found, L.Flatten()]
    assume(network(enters, tuple(layers)).error is None)
    return enters, layers


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
convolutions = st.builds(
    L.Conv2d, out_channels=st.sampled_from([1, 3, 16, 17]), kernel_size=pairs, bias=st.booleans(),
    stride=st.one_of(st.just(1), pairs), padding=st.sampled_from([0, 1, (2, 0), "valid"]),
    dilation=st.sampled_from([1, 2]), frozen=st.booleans(),
)  # fmt: skip
convolutions |= st.builds(
    L.Conv2d, out_channels=st.just(4), kernel_size=pairs, padding=st.just("same")
)
pools = st.one_of(
    st.builds(L.MaxPool2d, kernel_size=st.just(2), stride=st.sampled_from([None, 1]),
              padding=st.sampled_from([0, 1]), dilation=st.sampled_from([1, 2])),
    st.builds(L.AvgPool2d, kernel_size=pairs, stride=st.sampled_from([None, 1]),
              divisor_override=st.sampled_from([None, 3])),
)  # fmt: skip
others = st.one_of(
    st.sampled_from([L.ReLU(), L.LeakyReLU(negative_slope=0.1), L.Sigmoid(), L.Tanh()]),
    st.builds(L.Dropout, p=PROBABILITIES),
)
some_losses = st.sampled_from(
    [losses.CrossEntropyLoss(), losses.CrossEntropyLoss(label_smoothing=0.2), losses.MSELoss(),
     losses.BCEWithLogitsLoss(), losses.L1Loss(), losses.SmoothL1Loss(beta=0.5)]
)  # fmt: skip
some_optimizers = st.sampled_from(
    [optimizers.SGD(lr=0.05), optimizers.SGD(lr=0.05, momentum=0.9, weight_decay=0.1),
     optimizers.SGD(lr=0.05, momentum=0.8, nesterov=True),
     # a gradient that is nothing but rounding must not become a whole step
     optimizers.Adam(lr=0.01, eps=1e-3, weight_decay=0.1), optimizers.AdamW(lr=0.01, eps=1e-3)]
)  # fmt: skip


def prepared(case: Case) -> tuple[Rows, Step, list[tuple[int, int]]]:
    """The same rows, first weights and random numbers every time."""
    torch.manual_seed(case.seed)
    module = build(case.net)
    y = torch.randn(case.rows)
    if case.loss.targets == "classes":
        y = torch.randint(case.net.leaves[0], (case.rows,))
    elif isinstance(case.loss, losses.BCEWithLogitsLoss):
        y = (y > 0).float()
    rows, bounds = (
        Rows(torch.randn(case.rows, *case.net.enters), y),
        batches(case.rows, case.batch_size),
    )
    last = [f"{row.key}." for row in case.net.rows if isinstance(row.layer, L.Linear)][-1]
    slow = [f"{last}weight", f"{last}bias"] if case.slow else []
    optimizer = build_optimizer(case.optimizer, module, slow, lr_factor=0.1)
    cycle = optimizers.OneCycleLR(max_lr=0.1) if case.one_cycle else None
    schedule = build_schedule(cycle, optimizer, STEPS, len(bounds))
    move = schedule.step if schedule else None
    return rows, Step(module, build_loss(case.loss, CPU), optimizer, case.clip, move), bounds


def trained(kind, case: Case, at_once: int = 3) -> dict[str, torch.Tensor]:
    """The losses, outputs, weights and what the optimizer remembers, after some epochs."""
    rows, step, bounds = prepared(case)
    engine = kind(case.net, step, bounds)
    seen, found, random = Seen.room(bounds, case.net.leaves), {}, torch.Generator().manual_seed(1)
    for epoch in range(max(1, STEPS // len(bounds))):
        order = torch.randperm(case.rows, generator=random)
        entering = Shuffled(rows, order) if case.shuffles else rows
        for done in range(0, len(bounds), at_once):
            engine.train(entering, seen, done, min(done + at_once, len(bounds)))
        found |= {f"losses {epoch}": seen.losses.clone(), f"outputs {epoch}": seen.outputs.clone()}
        found[f"evaluated {epoch}"] = engine.predict(rows.x)
    return found | engine.copied_weights()() | engine.copied_memory()()


@pytest.mark.parametrize("kind", FAST, ids=lambda kind: kind.name)
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck), derandomize=True)
@given(case=cases())
def test_a_fast_engine_gives_the_numbers_of_autograd(kind, case):
    assume(not unfit(case.net, prepared(case)[1]))
    ours, theirs = trained(kind, case), trained(AutogradEngine, case)
    for name, value in theirs.items():
        assert torch.allclose(ours[name], value, rtol=1e-4, atol=1e-5), name


@needs_native
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)
@given(case=cases(convolves=True), at_once=st.integers(1, 5))
def test_convolutions_give_the_numbers_of_autograd_in_slices_of_any_length(case, at_once):
    assume(not unfit(case.net, prepared(case)[1]))
    ours, theirs = trained(NativeEngine, case, at_once), trained(AutogradEngine, case)
    for name, value in theirs.items():
        assert torch.allclose(ours[name], value, rtol=1e-4, atol=1e-5), name
    whole = trained(NativeEngine, case, 1000)
    assert all(torch.equal(ours[name], whole[name]) for name in whole)


@pytest.mark.parametrize("kind", FAST, ids=lambda kind: kind.name)
@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck), derandomize=True)
@given(case=cases(), at_once=st.integers(1, 5))
def test_slices_of_any_length_give_the_same_bits(kind, case, at_once):
    assume(not unfit(case.net, prepared(case)[1]))
    some, whole = trained(kind, case, at_once), trained(kind, case, 1000)
    assert all(torch.equal(some[name], whole[name]) for name in whole)


@pytest.mark.parametrize("kind", FAST, ids=lambda kind: kind.name)
@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck), derandomize=True)
@given(case=cases(), at_once=st.integers(1, 5))
def test_what_an_engine_measures_are_the_metrics_of_its_outputs(kind, case, at_once):
    rows, step, bounds = prepared(case)
    assume(not unfit(case.net, step))
    engine, seen = kind(case.net, step, bounds), Seen.room(bounds, case.net.leaves)
    random = torch.Generator().manual_seed(1)
    entering = Shuffled(rows, torch.randperm(case.rows, generator=random))
    for done in range(0, len(bounds), at_once):
        engine.train(entering, seen, done, min(done + at_once, len(bounds)))
    compare(engine.trained(entering, seen), case, seen.outputs, entering.targets(case.rows))
    compare(engine.validated(rows), case, engine.predict(rows.x), rows.y)


@pytest.mark.parametrize(
    ("kind", "convolves"),
    [
        (TorchEngine, False),
        *(pytest.param(NativeEngine, x, marks=needs_native) for x in (False, True)),
    ],
)
@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_the_batch_whose_loss_is_no_number_moves_nothing(kind, convolves, data):
    case = data.draw(cases(convolves))
    rows, step, bounds = prepared(case)
    assume(not unfit(case.net, step))
    bad = data.draw(st.integers(0, len(bounds) - 1))
    rows.x[bounds[bad][0]] = torch.nan
    # a convolution may look at nothing but its padding
    assume(not step.network.eval()(rows.part(*bounds[bad]).x).isfinite().all())
    engine, seen = kind(case.net, step, bounds), Seen.room(bounds, case.net.leaves)
    with pytest.raises(NotFinite) as found:
        engine.train(rows, seen, 0, len(bounds))
    before = kind(case.net, prepared(case)[1], bounds)
    if bad:
        before.train(rows, Seen.room(bounds, case.net.leaves), 0, bad)
    assert (found.value.done, engine.is_finite()) == (bad, True)
    ours, theirs = (one.copied_weights()() | one.copied_memory()() for one in (engine, before))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@needs_native
def test_the_largest_of_a_window_hides_no_nan():
    layers = (L.Conv2d(out_channels=2, kernel_size=1), L.MaxPool2d(kernel_size=2), L.Sigmoid(),
              L.Flatten(), L.Linear(out_features=1))  # fmt: skip
    net, sgd = network((1, 4, 4), layers), optimizers.SGD(lr=0.05)
    case = Case(net, losses.MSELoss(), sgd, False, None, False, 4, 2, 0, False)
    for where in ((0,), (2, 0, 3, 3)):
        rows, step, bounds = prepared(case)
        rows.x[where] = torch.nan
        with pytest.raises(NotFinite) as found:
            NativeEngine(net, step, bounds).train(rows, Seen.room(bounds, net.leaves), 0, 2)
        assert found.value.done == where[0] // 2


def compare(found: Measured, case: Case, outputs: torch.Tensor, y: torch.Tensor) -> None:
    """With what is counted from outputs in double precision."""
    outputs = outputs.double()
    loss = build_loss(case.loss, CPU).double()
    exact = y if case.loss.targets == "classes" else y.double()
    assert found.loss == pytest.approx(float(loss(shaped(outputs, y), exact)), rel=1e-4, abs=1e-6)
    if case.loss.targets == "classes" or isinstance(case.loss, losses.BCEWithLogitsLoss):
        assert found.accuracy == float((classes_of(outputs, case.loss) == y).double().mean())
    else:
        errors = outputs.flatten() - y
        assert found.rmse == pytest.approx(float(errors.square().mean().sqrt()), rel=1e-4)
