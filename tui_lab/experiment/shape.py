"""Shapes of samples, and windows that move over pictures."""

from tui_lab.errors import BadInput

Shape = tuple[int, ...]
"""The shape of one sample, without the batch dimension: `(64,)` or `(channels, height, width)`."""


def written_shape(shape: Shape) -> str:
    """A shape as people write it: `64` or `1x8x8`."""
    return "x".join(map(str, shape))


def pixel_names(shape: Shape) -> tuple[str, ...]:
    """The columns of a picture, by line and place in it: `pixel_0_0`, or `pixel_r_0_0` in colour.

    `shape` is (channels, height, width).
    """
    channels, height, width = shape
    colours = {1: ("",), 3: ("r_", "g_", "b_")}.get(channels, [f"{c}_" for c in range(channels)])
    places = [f"{line}_{place}" for line in range(height) for place in range(width)]
    return tuple(f"pixel_{colour}{place}" for colour in colours for place in places)


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width, from both or from one number for both."""
    return (value, value) if isinstance(value, int) else value


class Window:
    """A window that moves over a picture; sizes are for height and width, or one for both.

    Source: the `Shape` sections of `torch.nn.Conv2d` and `torch.nn.MaxPool2d`.
    """

    def __init__(
        self,
        kernel: int | tuple[int, int],
        stride: int | tuple[int, int],
        padding: int | tuple[int, int],
        dilation: int | tuple[int, int] = 1,
    ) -> None:
        size, gap = pair(kernel), pair(dilation)
        self.spans = (gap[0] * (size[0] - 1) + 1, gap[1] * (size[1] - 1) + 1)
        self.steps, self.pads = pair(stride), pair(padding)

    def sides(self, shape: Shape, name: str, ceil: bool = False) -> Shape:
        """Height and width of what leaves; `BadInput` if the window finds no place."""
        height, width = (self._side(shape[i + 1], i, ceil) for i in (0, 1))
        if height < 1 or width < 1:
            raise BadInput(
                f"{name} has a window of {written_shape(self.spans)}, but the picture that comes "
                f"in is only {shape[1]}x{shape[2]}"
            )
        return (height, width)

    def _side(self, side: int, axis: int, ceil: bool) -> int:
        step, pad = self.steps[axis], self.pads[axis]
        room = side + 2 * pad - self.spans[axis]
        places = (-(-room // step) if ceil else room // step) + 1
        begins_outside = ceil and (places - 1) * step >= side + pad
        return places - 1 if begins_outside else places
