"""The layers: fields, output shape and parameter shapes of each, under PyTorch's names.

A new layer is one class here. Its name is the class's name in `torch.nn`; everything else (the
schema, the command line, the pickers, the trainer) finds it by itself.
"""

from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tui_lab.errors import BadInput
from tui_lab.experiment.named import Matches, Named
from tui_lab.experiment.shape import Shape, Window, pair, written_shape

Size = Annotated[int, Field(ge=1, le=1_000_000)]
Padding = Annotated[int, Field(ge=0, le=10_000)]
Probability = Annotated[float, Field(ge=0, le=1)]
Slope = Annotated[float, Field(ge=-1e6, le=1e6)]
Pair = Size | Annotated[tuple[Size, Size], Field(strict=False)]
PaddingPair = Padding | Annotated[tuple[Padding, Padding], Field(strict=False)]
Initialisation = Literal[
    "default",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "uniform",
    "normal",
    "zeros",
]
PLAIN_NAME = Matches(
    "[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*",
    "a word of letters, digits and single underscores that begins with a letter",
)


class Layer(Named):
    """One module of an `nn.Sequential`."""

    ranks: ClassVar[tuple[int, ...]] = ()
    """The numbers of dimensions a sample may have, empty for any."""
    gives: ClassVar[str] = ""
    """The range that the outputs are confined to, which a regression can't use as a last layer."""
    activation: ClassVar[bool] = False

    name: Annotated[str, Field(max_length=40), PLAIN_NAME] | None = None
    """Its name in the Sequential; by default its position."""

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output sample; `BadInput` if a sample of `shape` can't enter."""
        if self.ranks and len(shape) not in self.ranks:
            wants = "a row of numbers" if self.ranks == (1,) else "a picture (channels, h, w)"
            raise BadInput(
                f"{type(self).__name__} wants {wants}, but {written_shape(shape)} comes in"
            )
        return self.transform(shape)

    def transform(self, shape: Shape) -> Shape:
        """The output shape for an input that has a right number of dimensions."""
        return shape

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """The shapes of its parameters for input samples of `shape`, by PyTorch's names."""
        return {}

    def buffers(self, shape: Shape) -> dict[str, tuple[Shape, str]]:
        """Shape and dtype of what it remembers beside its parameters, by PyTorch's names."""
        return {}

    def arguments_for(self, shape: Shape) -> dict[str, Any]:
        """The keyword arguments of its `torch.nn` class for input samples of `shape`."""
        ours = set(Layer.model_fields) | set(Parametric.model_fields)
        return {key: value for key, value in self if key not in ours}


class Parametric(Layer):
    """A layer with parameters."""

    frozen: bool = False
    """Frozen parameters are not trained (`requires_grad=False`)."""


class Weighted(Parametric):
    """A layer with a weight matrix or kernel, and a bias."""

    bias: bool = True
    initialisation: Initialisation = "default"
    """How the weight starts (`torch.nn.init`); the bias keeps PyTorch's default."""

    def arguments_for(self, shape: Shape) -> dict[str, Any]:
        """See `Layer`; `initialisation` is ours."""
        fields = super().arguments_for(shape) | {"bias": self.bias}
        fields.pop("initialisation")
        return fields


class Linear(Weighted):
    """Every output is a weighted sum of all inputs, plus a bias: y = x Wᵀ + b."""

    first = "out_features"
    out_features: Size

    def transform(self, shape: Shape) -> Shape:
        """The last dimension becomes `out_features`."""
        return (*shape[:-1], self.out_features)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """A weight of (out, in), PyTorch's order, and a bias of (out,)."""
        return _with_bias((self.out_features, shape[-1]), self.bias)

    def arguments_for(self, shape: Shape) -> dict[str, Any]:
        """See `Layer`; the inputs follow from the layer before."""
        return {"in_features": shape[-1], **super().arguments_for(shape)}


class Conv2d(Weighted):
    """Small kernels slide over a picture; each makes one channel of output."""

    ranks = (3,)
    first = "out_channels"
    out_channels: Size
    kernel_size: Pair = 3
    stride: Pair = 1
    padding: PaddingPair | Literal["same", "valid"] = 0
    dilation: Pair = 1
    groups: Size = 1
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    def transform(self, shape: Shape) -> Shape:
        """(out_channels, height, width), each side by PyTorch's formula for convolutions."""
        if shape[0] % self.groups or self.out_channels % self.groups:
            raise BadInput(
                f"Conv2d: groups {self.groups} must divide both the {shape[0]} channels that come "
                f"in and out_channels {self.out_channels}"
            )
        self._check_padding(shape)
        if self.padding == "same":
            return (self.out_channels, *shape[1:])
        window = Window(self.kernel_size, self.stride, self.pads(), self.dilation)
        return (self.out_channels, *window.sides(shape, "Conv2d"))

    def pads(self) -> tuple[int, int]:
        """What both ends of height and of width get together, halved and rounded up."""
        if self.padding == "valid":
            return (0, 0)
        if self.padding == "same":
            kernel, gap = pair(self.kernel_size), pair(self.dilation)
            return (-(-gap[0] * (kernel[0] - 1) // 2), -(-gap[1] * (kernel[1] - 1) // 2))
        return pair(self.padding)

    def _check_padding(self, shape: Shape) -> None:
        if self.padding == "same" and pair(self.stride) != (1, 1):
            raise BadInput("Conv2d: padding same needs stride 1")
        most = {"reflect": -1, "circular": 0}.get(self.padding_mode)
        if most is not None and any(
            pad > side + most for pad, side in zip(self.pads(), shape[1:], strict=True)
        ):
            raise BadInput(
                f"Conv2d: padding_mode {self.padding_mode} can't pad a picture of only "
                f"{shape[1]}x{shape[2]} by {written_shape(self.pads())}"
            )

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """A weight of (out, in / groups, kernel height, kernel width) and a bias of (out,)."""
        weight = (self.out_channels, shape[0] // self.groups, *pair(self.kernel_size))
        return _with_bias(weight, self.bias)

    def arguments_for(self, shape: Shape) -> dict[str, Any]:
        """See `Layer`; the input channels follow from the layer before."""
        return {"in_channels": shape[0], **super().arguments_for(shape)}


class _Pool(Layer):
    ranks = (3,)
    first = "kernel_size"
    kernel_size: Pair = 2
    stride: Pair | None = None
    padding: PaddingPair = 0
    ceil_mode: bool = False
    """Whether a window that only partly fits counts."""

    def transform(self, shape: Shape) -> Shape:
        """The channels stay; each side shrinks by the stride (by default the kernel's size)."""
        name, window, sizes = type(self).__name__, self.window(), pair(self.kernel_size)
        if any(2 * pad > size for pad, size in zip(window.pads, sizes, strict=True)):
            raise BadInput(
                f"{name}: padding {self.padding} is more than half of kernel_size "
                f"{self.kernel_size}"
            )
        return (shape[0], *window.sides(shape, name, self.ceil_mode))

    def window(self) -> "Window":
        """What moves over the picture."""
        return Window(self.kernel_size, self.stride or self.kernel_size, self.padding)


class MaxPool2d(_Pool):
    """The largest value of each window of a picture."""

    dilation: Pair = 1

    def window(self) -> "Window":
        """See `_Pool`."""
        return Window(
            self.kernel_size, self.stride or self.kernel_size, self.padding, self.dilation
        )


class AvgPool2d(_Pool):
    """The mean of each window of a picture."""

    count_include_pad: bool = True
    divisor_override: Size | None = None


class Flatten(Layer):
    """A picture becomes one row of numbers."""

    start_dim: Annotated[int, Field(ge=1)] = 1
    end_dim: int = -1

    def transform(self, shape: Shape) -> Shape:
        """The dimensions from `start_dim` to `end_dim` in one; the batch counts as 0."""
        end = self.end_dim if self.end_dim >= 0 else len(shape) + 1 + self.end_dim
        if not self.start_dim <= end <= len(shape):
            raise BadInput(
                f"Flatten: there are no dims {self.start_dim} to {self.end_dim} in a batch of "
                f"{written_shape(shape)}"
            )
        return (*shape[: self.start_dim - 1], prod(shape[self.start_dim - 1 : end]), *shape[end:])


class _BatchNorm(Parametric):
    eps: Annotated[float, Field(gt=0)] = 1e-5
    momentum: Probability = 0.1
    affine: bool = True

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """A weight and a bias for each feature or channel, if `affine`."""
        return {"weight": shape[:1], "bias": shape[:1]} if self.affine else {}

    def buffers(self, shape: Shape) -> dict[str, tuple[Shape, str]]:
        """The running statistics, which evaluation standardises by."""
        each = (shape[:1], "float32")
        return {"running_mean": each, "running_var": each, "num_batches_tracked": ((), "int64")}

    def arguments_for(self, shape: Shape) -> dict[str, Any]:
        """See `Layer`; the number of features follows from the layer before."""
        return {"num_features": shape[0], **super().arguments_for(shape)}


class BatchNorm1d(_BatchNorm):
    """Each feature is standardised over the batch, then scaled and shifted."""

    ranks = (1,)


class BatchNorm2d(_BatchNorm):
    """Each channel of a picture is standardised over the batch, then scaled and shifted."""

    ranks = (3,)


class LayerNorm(Parametric):
    """Each sample is standardised over its last dimension, then scaled and shifted."""

    eps: Annotated[float, Field(gt=0)] = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """A weight and a bias for each number of the last dimension, if `elementwise_affine`."""
        return _with_bias(shape[-1:], self.bias) if self.elementwise_affine else {}

    def arguments_for(self, shape: Shape) -> dict[str, Any]:
        """See `Layer`; the normalised shape follows from the layer before."""
        return {"normalized_shape": list(shape[-1:]), **super().arguments_for(shape)}


class Dropout(Layer):
    """Each number becomes zero with probability p while training; a remedy for overfitting."""

    first = "p"
    p: Probability = 0.5


class _Activation(Layer):
    activation = True


class ReLU(_Activation):
    """max(0, x)."""

    gives = "of 0 and above"


class LeakyReLU(_Activation):
    """x if positive, else negative_slope * x: its gradient never dies."""

    first = "negative_slope"
    negative_slope: Slope = 0.01


class ELU(_Activation):
    """x if positive, else alpha * (exp(x) - 1)."""

    gives = "of -alpha and above"
    first = "alpha"
    alpha: Slope = 1.0


class GELU(_Activation):
    """x times the normal distribution's share below x."""

    gives = "above -0.2"
    approximate: Literal["none", "tanh"] = "none"


class SiLU(_Activation):
    """x * sigmoid(x)."""

    gives = "above -0.3"


class Tanh(_Activation):
    """Squashes to -1 … 1."""

    gives = "from -1 to 1"


class Sigmoid(_Activation):
    """Squashes to 0 … 1, as a probability."""

    gives = "from 0 to 1"


class Softmax(_Activation):
    """Turns scores into probabilities that sum to 1 over `dim`, which counts the batch as 0."""

    gives = "from 0 to 1"
    first = "dim"
    dim: int = -1

    def transform(self, shape: Shape) -> Shape:
        """The shape stays; `dim` must exist."""
        if not -len(shape) - 1 <= self.dim <= len(shape):
            raise BadInput(
                f"Softmax: there is no dim {self.dim} in a batch of {written_shape(shape)}"
            )
        return shape


def _with_bias(weight: Shape, bias: bool) -> dict[str, Shape]:
    return {"weight": weight, "bias": weight[:1]} if bias else {"weight": weight}
