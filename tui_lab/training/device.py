"""Which device trains, and with how many threads."""

import copy
import math
import time

import torch

from tui_lab.errors import BadInput
from tui_lab.experiment.network import Network
from tui_lab.experiment.work import threads_for
from tui_lab.training.loop import NotFinite, Rows, Step

MEASURED_SECONDS, MOST_STEPS = 0.3, 30


def devices() -> list[str]:
    """The devices of this machine, the CPU first."""
    found = ["cpu"]
    found += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return found + (["mps"] if torch.backends.mps.is_available() else [])


def checked(asked: str) -> str:
    """`asked`, if this machine has it; `BadInput` listing what there is otherwise."""
    name, found = "cuda:0" if asked == "cuda" else asked, devices()
    if asked != "auto" and name not in found:
        raise BadInput(f'there is no device "{asked}" here; there is: {", ".join(found)}')
    return name


def choose(asked: str, step: Step, batch: Rows) -> tuple[torch.device, str]:
    """The device to train on, and a sentence on why; `step` without optimizer, on the CPU."""
    name, candidates = checked(asked), devices()
    if name != "auto":
        return torch.device(name), f"{name}, as asked"
    if len(candidates) == 1:
        return torch.device("cpu"), "cpu, the only device here"
    times = {name: seconds_a_step(torch.device(name), step, batch) for name in candidates}
    best = min(times, key=lambda name: times[name])
    told = ", ".join(f"{name} {seconds * 1e3:.2f} ms" for name, seconds in times.items())
    return torch.device(best), f"{best}, the fastest for this network (a step takes: {told})"


def seed(number: int) -> None:
    """Like `torch.manual_seed`, without its work for devices where there are none."""
    if len(devices()) == 1:
        torch.default_generator.manual_seed(number)
    else:
        torch.manual_seed(number)


def seconds_a_step(device: torch.device, step: Step, batch: Rows) -> float:
    """How long a training step takes on `device`, infinite if it can't; moves only copies."""
    try:
        with torch.random.fork_rng():
            return _measured(device, step, batch)
    except (RuntimeError, NotFinite):  # out of memory, or an operation that it lacks
        return math.inf


def _measured(device: torch.device, step: Step, batch: Rows) -> float:
    network, loss = (copy.deepcopy(module).to(device) for module in (step.network, step.loss))
    moving = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(moving, lr=0.0) if moving else None
    trial, rows = Step(network.train(), loss, optimizer), batch.to(device)
    _timed(device, trial, rows, 1)  # the first step of all is slow for reasons of its own
    steps = MEASURED_SECONDS / _timed(device, trial, rows, 1)
    return _timed(device, trial, rows, max(1, min(int(steps), MOST_STEPS)))


def _timed(device: torch.device, step: Step, batch: Rows, steps: int) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        step(batch.x, batch.y)
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).synchronize()
    return (time.perf_counter() - start) / steps


def busy_percent(device: torch.device) -> int | None:
    """How busy a CUDA device is, by nvidia-ml-py where that is installed; None elsewhere."""
    if device.type != "cuda":
        return None
    try:
        return int(torch.cuda.utilization(device))
    except Exception:  # without nvidia-ml-py an ImportError, with it errors of its own
        return None


def set_threads(net: Network, batch_rows: int) -> int:
    """One thread for small networks, where two are slower; all cores for large ones."""
    threads = threads_for(net, batch_rows)
    torch.set_num_threads(threads)
    return threads
