"""Shapes and counts of every layer with every field are what torch says."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import named, parts

from tui_lab.experiment.layers import AvgPool2d, Conv2d, Layer, MaxPool2d
from tui_lab.experiment.network import network
from tui_lab.training.network import build

torch.set_num_threads(1)
side = st.integers(1, 9)
shapes = st.tuples(side) | st.tuples(st.integers(1, 4), side, side)


@settings(max_examples=400)
@given(shapes, st.lists(named(Layer, cap=4), min_size=1, max_size=4).map(tuple))
def test_shapes_and_counts_are_those_of_torch_for_all_fields(shape, layers):
    net = network(shape, tuple(layer.replace(name=None) for layer in layers))
    x = torch.zeros(2, *shape)
    for row, module in zip(net.rows, build(net).eval(), strict=True):
        x = module(x)
        assert tuple(x.shape[1:]) == row.leaves
        parameters = list(module.named_parameters())
        assert {name: tuple(p.shape) for name, p in parameters} == row.parameters
        assert sum(p.numel() for _, p in parameters if p.requires_grad) == row.trainable
        assert {
            f"{row.key}.{name}": (tuple(value.shape), str(value.dtype).removeprefix("torch."))
            for name, value in module.state_dict().items()
        } == row.tensors


def torch_takes(layer, shape):
    try:
        torch.nn.Conv2d(**layer.arguments_for(shape))(torch.zeros(2, *shape))
    except (RuntimeError, ValueError):
        return False
    return True


@settings(max_examples=300)
@given(
    st.tuples(st.integers(1, 4), side, side),
    st.builds(
        Conv2d,
        out_channels=st.integers(1, 4), kernel_size=st.integers(1, 5), stride=st.integers(1, 3),
        padding=st.sampled_from(["same", "valid", 0, 1, 3, (1, 2)]), groups=st.integers(1, 2),
        dilation=st.integers(1, 2),
        padding_mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    ),
)  # fmt: skip
def test_a_convolution_is_refused_exactly_where_torch_refuses_it(shape, layer):
    assert (network(shape, (layer,)).error is None) == torch_takes(layer, shape)


@settings(max_examples=300)
@given(
    st.tuples(st.just(1), side, side),
    parts(MaxPool2d, cap=4, ceil_mode=st.just(True), name=st.none())
    | parts(AvgPool2d, cap=4, ceil_mode=st.just(True), name=st.none()),
)
def test_a_window_that_only_partly_fits_counts_as_torch_counts_it(shape, layer):
    net = network(shape, (layer,))
    if net.error is None:
        assert tuple(build(net)(torch.zeros(1, *shape)).shape[1:]) == net.leaves
