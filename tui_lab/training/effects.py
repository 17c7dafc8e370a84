"""What augmentation does to rows: a function for each kind, named as the kind in lower case.

The source of these functions is copied into scripts, so they use nothing but each other, torch and
numpy, in lines of at most 88 characters. All random numbers are drawn on the CPU, so that every
device gets the same.
"""

import numpy as np
import torch
from torch import Tensor, nn


def shift(x: Tensor, random: torch.Generator, pixels: float) -> Tensor:
    """Matrices (rows, 3, 3) that move pictures by up to so many pixels."""
    height, width = x.shape[2:]
    matrices = torch.eye(3).repeat(len(x), 1, 1)
    # To torch every picture reaches from -1 to 1.
    matrices[:, 0, 2] = evenly(len(x), random, 2 * pixels / width)
    matrices[:, 1, 2] = evenly(len(x), random, 2 * pixels / height)
    return matrices


def rotate(x: Tensor, random: torch.Generator, degrees: float) -> Tensor:
    """Matrices (rows, 3, 3) that turn pictures by up to so many degrees."""
    height, width = x.shape[2:]
    angles = torch.deg2rad(evenly(len(x), random, degrees))
    matrices = torch.eye(3).repeat(len(x), 1, 1)
    matrices[:, 0, 0] = matrices[:, 1, 1] = angles.cos()
    matrices[:, 0, 1] = -angles.sin() * height / width
    matrices[:, 1, 0] = angles.sin() * width / height
    return matrices


def zoom(x: Tensor, random: torch.Generator, factor: float) -> Tensor:
    """Matrices (rows, 3, 3) that make pictures up to so much larger or smaller."""
    matrices = torch.eye(3).repeat(len(x), 1, 1)
    matrices[:, 0, 0] = matrices[:, 1, 1] = factor ** evenly(len(x), random, 1.0)
    return matrices


def evenly(count: int, random: torch.Generator, limit: float) -> Tensor:
    """Numbers from -limit to limit."""
    return limit * (2 * torch.rand(count, generator=random) - 1)


def moved(x: Tensor, looks: Tensor, background: Tensor) -> Tensor:
    """Pictures (rows, channels, height, width), each seen through its matrix.

    It leads from a pixel to where it comes from; outside of a picture is background.
    """
    grid = nn.functional.affine_grid(looks[:, :2], list(x.shape), align_corners=False)
    # Outside of a picture grid_sample sees 0.
    seen = nn.functional.grid_sample(x - background, grid, align_corners=False)
    return seen + background


def flip(x: Tensor, random: torch.Generator, p: float) -> Tensor:
    """Pictures with left and right swapped, with probability p."""
    swapped = torch.rand(len(x), 1, 1, 1, generator=random) < p
    return torch.where(swapped.to(x.device), x.flip(-1), x)


def erase(
    x: Tensor,
    random: torch.Generator,
    background: Tensor,
    share: float,
    p: float,
) -> Tensor:
    """Pictures with a part, a share of height and width, emptied with probability p."""
    rows, _, height, width = x.shape
    high, wide = max(1, round(share * height)), max(1, round(share * width))
    top = torch.randint(height - high + 1, (rows, 1, 1, 1), generator=random)
    left = torch.randint(width - wide + 1, (rows, 1, 1, 1), generator=random)
    down, right = torch.arange(height).reshape(-1, 1) - top, torch.arange(width) - left
    inside = (down >= 0) & (down < high) & (right >= 0) & (right < wide)
    erased = inside & (torch.rand(rows, 1, 1, 1, generator=random) < p)
    return torch.where(erased.to(x.device), background, x)


def noise(x: Tensor, random: torch.Generator, deviation: float) -> Tensor:
    """Every number with normal noise on it."""
    return x + deviation * torch.randn(x.shape, generator=random).to(x.device)


def mixup(
    x: Tensor, random: torch.Generator, alpha: float, batch_size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Mixed rows, their partners (rows,), and their own shares (batches,)."""
    partners = torch.randperm(len(x), generator=random).to(x.device)
    # torch has no Beta distribution that draws from a generator of one's own.
    draw = np.random.default_rng(int(torch.randint(2**32, (), generator=random)))
    drawn = draw.beta(alpha, alpha, -(-len(x) // batch_size))
    shares = torch.from_numpy(np.maximum(drawn, 1 - drawn)).float().to(x.device)
    own = shares.repeat_interleave(batch_size)[: len(x)]
    own = own.reshape(-1, *[1] * (x.dim() - 1))
    return own * x + (1 - own) * x[partners], partners, shares
