"""One PNG or JPEG file: looked at without unpacking it, and read as numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tui_lab.data.open_file import opened
from tui_lab.errors import BadInput

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""The endings of files that are read; what is in them must be one of these kinds, too."""
MOST_PIXELS = 25_000_000
Image.MAX_IMAGE_PIXELS = None  # it would warn on stderr; `_picture` refuses, before unpacking
_GREY = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B")
_ORIENTATION = 0x0112
_ON_THEIR_SIDE = (5, 6, 7, 8)


@dataclass(frozen=True)
class Look:
    """What a picture's header says."""

    height: int
    width: int
    """As it is shown: a camera's note that it was held sideways is followed."""
    grey: bool
    transparent: bool


def look(path: Path) -> Look:
    """Size and kind of a picture, without unpacking it; `BadInput` if it is none."""
    with _picture(path) as image:
        width, height = image.size
        if _orientation(image) in _ON_THEIR_SIDE:
            width, height = height, width
        return Look(height, width, _is_grey(image), image.has_transparency_data)


def _is_grey(image: Image.Image) -> bool:
    """Also of a picture with a palette, if there is nothing but grey in that."""
    if image.mode != "P" or image.palette is None or image.palette.mode != "RGB":
        return image.mode in _GREY
    colours = bytes(image.palette.palette)
    return colours[0::3] == colours[1::3] == colours[2::3]


def pixels_of(path: Path, grey: bool, size: tuple[int, int]) -> np.ndarray:
    """(1 or 3, height, width) uint8; `BadInput` if the picture is broken.

    A picture of another size is squashed or stretched to it, smoothly; see-through parts are laid
    on white.
    """
    with _picture(path) as image:
        image.load()
        upright = ImageOps.exif_transpose(image) if _orientation(image) > 1 else image
        flat = _on_white(_eight_bits(upright)).convert("L" if grey else "RGB")
        return as_channels(resized(flat, size))


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Brought to (height, width), with antialiasing, whatever its proportions."""
    wanted = (size[1], size[0])
    return image if image.size == wanted else image.resize(wanted, Image.Resampling.BILINEAR)


def as_channels(image: Image.Image) -> np.ndarray:
    """(channels, height, width) of a grey or RGB picture."""
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


@contextmanager
def _picture(path: Path) -> Iterator[Image.Image]:
    with opened(path) as file:
        try:
            with Image.open(file, formats=sorted(set(KINDS.values()))) as image:
                if image.width * image.height > MOST_PIXELS:
                    said = f"is a picture of more than {MOST_PIXELS:,} pixels; make it smaller"
                    raise BadInput(said, path)
                yield image
        except BadInput:
            raise
        except UnidentifiedImageError:
            raise BadInput("is not a PNG or JPEG picture, whatever its name says", path) from None
        except Exception as error:  # a broken picture raises a zoo of them
            raise BadInput(f"is a broken picture: {error}", path) from None


def _orientation(image: Image.Image) -> int:
    """How the camera was held, from 1 (upright) to 8; only JPEG says so before the pixels."""
    return int(image.getexif().get(_ORIENTATION, 1)) if image.format != "PNG" else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen bits of grey cut to the upper eight, which Pillow alone would clip."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 2**16 - 1) // 2**8).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
