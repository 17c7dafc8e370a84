"""Shapes and counts by arithmetic are what torch says."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.experiment import layers as L
from tui_lab.experiment.network import RESERVED, network
from tui_lab.training.network import build

small = st.integers(1, 6)
pair = small | st.tuples(small, small)
KINDS = {
    L.Linear: {"out_features": small, "bias": st.booleans()},
    L.Conv2d: {
        "out_channels": small, "kernel_size": pair, "stride": pair, "bias": st.booleans(),
        "padding": st.integers(0, 2), "dilation": st.integers(1, 2), "groups": st.integers(1, 3),
    },
    L.MaxPool2d: {"kernel_size": pair, "stride": st.none() | pair, "padding": st.integers(0, 2)},
    L.AvgPool2d: {"kernel_size": pair, "stride": st.none() | pair, "padding": st.integers(0, 2)},
    L.LayerNorm: {"elementwise_affine": st.booleans(), "bias": st.booleans()},
    L.BatchNorm1d: {"affine": st.booleans()},
    L.BatchNorm2d: {"affine": st.booleans()},
    L.Softmax: {"dim": st.integers(-4, 3)},
}  # fmt: skip
layer = st.sampled_from(list(L.Layer.kinds().values())).flatmap(
    lambda kind: st.builds(kind, **KINDS.get(kind, {}))
)
shapes = st.tuples(st.integers(1, 8)) | st.tuples(small, st.integers(1, 9), st.integers(1, 9))


@settings(max_examples=1000)
@given(shapes, st.lists(layer, max_size=6).map(tuple))
def test_shapes_and_counts_are_those_of_torch(shape, layers):
    net = network(shape, layers)
    module = build(net).eval()
    x = torch.zeros(2, *shape)
    for row, part in zip(net.rows, module, strict=True):
        x = part(x)
        assert tuple(x.shape[1:]) == row.leaves
        named = {name: tuple(p.shape) for name, p in part.named_parameters()}
        assert named == row.parameters
    assert net.total == sum(p.numel() for p in module.parameters())


def test_reserved_names_are_those_of_sequential():
    taken = {name for name in dir(torch.nn.Sequential()) if not name.startswith("_")}
    assert taken <= RESERVED
