"""Pictures, and windows that move over them, as `native.cpp` is told of them."""

import ctypes

from torch import nn

from tui_lab.experiment.shape import Shape, pair


class Picture(ctypes.Structure):
    """`struct Picture` of native.cpp."""

    _fields_ = tuple((name, ctypes.c_int64) for name in ("channels", "height", "width"))


class Side(ctypes.Structure):
    """`struct Side` of native.cpp."""

    _fields_ = tuple((name, ctypes.c_int64) for name in ("kernel", "stride", "padding", "dilation"))


def picture(shape: Shape) -> Picture:
    """A row of numbers is one pixel with as many channels."""
    return Picture(*shape, *(1,) * (3 - len(shape)))


def window(module: nn.Module) -> list[Side]:
    """How a layer's window moves down and across; without one it is a pixel."""
    sizes = [pair(getattr(module, name, 1)) for name in ("kernel_size", "stride", "dilation")]
    (kernel, stride, gap), padding = sizes, getattr(module, "padding", 0)
    if padding == "same":  # of an odd number of pixels the smaller half comes before
        padding = tuple(gap[axis] * (kernel[axis] - 1) // 2 for axis in (0, 1))
    before = pair(0 if padding == "valid" else padding)
    return [Side(kernel[axis], stride[axis], before[axis], gap[axis]) for axis in (0, 1)]


def shrink(pool: nn.AvgPool2d) -> float:
    """What the sum over a window is multiplied by."""
    height, width = pair(pool.kernel_size)
    return 1 / (pool.divisor_override or height * width)
