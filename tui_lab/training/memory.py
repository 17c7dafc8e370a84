"""How much memory a training needs, said before it is taken."""

import psutil
import torch

from tui_lab.data.open_file import all_memory, free_memory
from tui_lab.errors import BadInput
from tui_lab.experiment.network import written_bytes


class LittleMemory(BadInput):
    """There is too little memory now, though the machine has enough."""


def refuse_too_large(needed: int) -> None:
    """`BadInput` if so many bytes are not free, before the system ends this process for it."""
    free = free_memory()
    if needed > free:
        kind = BadInput if needed > all_memory() else LittleMemory
        raise kind(
            f"training this network takes about {written_bytes(needed)} of memory, but only "
            f"{written_bytes(free)} are free; try a smaller network or batch_size"
        )


def held_bytes(device: torch.device) -> int:
    """The bytes that this process holds on `device`."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(psutil.Process().memory_info().rss)
