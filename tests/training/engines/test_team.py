"""Large products: the numbers of autograd, and the same bits by any number of threads."""

import hashlib
from multiprocessing import get_context

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_parity import Case, prepared, some_optimizers, trained

from tui_lab.experiment import layers as L
from tui_lab.experiment import losses, optimizers
from tui_lab.experiment.network import network
from tui_lab.training.engines import native
from tui_lab.training.engines.autograd import AutogradEngine
from tui_lab.training.engines.native import NativeEngine
from tui_lab.training.loop import Seen

pytestmark = pytest.mark.skipif(native.library() is None, reason="no compiler was there")
few = settings(
    deadline=None, max_examples=10, suppress_health_check=list(HealthCheck), derandomize=True
)


@st.composite
def large_cases(draw) -> Case:
    """Products with more rows, columns and numbers to sum up than are worked on at once."""
    enters, *hidden, classes = (draw(st.integers(1, 400)) for _ in range(draw(st.integers(2, 4))))
    stack = [part for size in hidden for part in (L.Linear(out_features=size), *draw(between))]
    net = network((enters,), (*stack, L.Linear(out_features=classes + 1)))
    batch_size = draw(st.integers(16, 300))
    rows = batch_size * 2 + draw(st.integers(1, batch_size))
    clip, shuffles = draw(st.sampled_from([None, 0.1])), draw(st.booleans())
    optimizer = draw(some_optimizers)
    return Case(net, losses.CrossEntropyLoss(), optimizer, False, clip, False, rows, batch_size,
                draw(st.integers(0, 1000)), shuffles)  # fmt: skip


between = st.sampled_from([(L.ReLU(),), (L.Tanh(), L.Dropout(p=0.3)), (L.Dropout(p=0.5),), ()])


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def trained_by(threads: int, case: Case) -> dict[str, torch.Tensor]:
    torch.set_num_threads(threads)
    return trained(NativeEngine, case)


@few
@given(case=large_cases(), threads=st.integers(2, 5))
def test_any_number_of_threads_gives_the_same_bits(case, threads):
    alone, together = trained_by(1, case), trained_by(threads, case)
    assert all(torch.equal(together[name], alone[name]) for name in alone)


@few
@given(case=large_cases())
def test_large_products_give_the_numbers_of_autograd(case):
    ours, theirs = trained_by(2, case), trained(AutogradEngine, case)
    for name in ("losses 0", "outputs 0", "evaluated 0"):
        assert torch.allclose(ours[name], theirs[name], rtol=1e-3, atol=1e-4), name


def test_a_forked_child_trains_to_the_same_bits():
    torch.set_num_threads(2)
    net = network((300,), (L.Linear(out_features=200), L.ReLU(), L.Linear(out_features=10)))
    case = Case(
        net,
        losses.CrossEntropyLoss(),
        optimizers.SGD(lr=0.05),
        False,
        None,
        False,
        128,
        64,
        0,
        False,
    )
    rows, step, bounds = prepared(case)
    engine, seen = NativeEngine(net, step, bounds), Seen.room(bounds, net.leaves)

    def goes_on() -> bytes:
        engine.train(rows, seen, 0, len(bounds))
        return hashlib.sha256(engine.flat.parameters.numpy().tobytes()).digest()

    before = goes_on()
    fork = get_context("fork")
    told, tells = fork.Pipe(duplex=False)
    child = fork.Process(target=lambda: tells.send_bytes(goes_on()))
    child.start()
    found = told.recv_bytes() if told.poll(60) else b""
    child.join()
    assert before != found == goes_on()
