"""Which device trains, and with how many threads."""

import copy
import os
import time

import torch
from torch import nn

from tui_lab.errors import BadInput
from tui_lab.training.loop import Rows, Step

SMALL_WORK = 5_000_000
"""Multiplications a batch below which a second thread costs more than it brings."""


def devices() -> list[str]:
    """The devices of this machine, the CPU first."""
    found = ["cpu"]
    found += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return found + (["mps"] if torch.backends.mps.is_available() else [])


def checked(asked: str) -> str:
    """`asked`, if this machine has it; `BadInput` listing what there is otherwise."""
    name = "cuda:0" if asked == "cuda" else asked
    if asked != "auto" and name not in devices():
        raise BadInput(f'there is no device "{asked}" here; there is: {", ".join(devices())}')
    return name


def choose(asked: str, step: Step, rows: Rows, batch_size: int) -> tuple[torch.device, str]:
    """The device to train on, and a sentence on why."""
    name, candidates = checked(asked), devices()
    if name != "auto":
        return torch.device(name), f"{name}, as asked"
    if len(candidates) == 1:
        return torch.device("cpu"), "cpu, the only device here"
    times = {name: _seconds(torch.device(name), step, rows, batch_size) for name in candidates}
    best = min(times, key=lambda name: times[name])
    told = ", ".join(f"{name} {seconds * 1e3:.2f} ms" for name, seconds in times.items())
    return torch.device(best), f"{best}, the fastest for this network (a step takes: {told})"


def _seconds(
    device: torch.device, step: Step, rows: Rows, batch_size: int, steps: int = 20
) -> float:
    """The seconds of one training step on copies, after a few steps to warm up."""
    with torch.random.fork_rng():
        network, loss = (copy.deepcopy(m).to(device) for m in (step.network, step.loss))
        moving = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(moving, lr=0.0) if moving else None
        trial = Step(network.train(), loss, optimizer)
        x, y = rows.x[:batch_size].to(device), rows.y[:batch_size].to(device)
        for _ in range(5):
            trial(x, y)
        _finish(device)
        start = time.perf_counter()
        for _ in range(steps):
            trial(x, y)
        _finish(device)
        return (time.perf_counter() - start) / steps


def _finish(device: torch.device) -> None:
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


def set_threads(network: nn.Module, batch_size: int) -> int:
    """One thread for small networks, where two are slower; all cores for large ones."""
    work = batch_size * sum(p.numel() for p in network.parameters())
    threads = 1 if work < SMALL_WORK else (os.cpu_count() or 1)
    torch.set_num_threads(threads)
    return threads


def memory(device: torch.device) -> int:
    """The bytes that this process holds on `device`."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.current_allocated_memory())
    import psutil

    return int(psutil.Process().memory_info().rss)
