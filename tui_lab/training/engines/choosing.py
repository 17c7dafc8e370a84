"""Which engine trains, decided in this one place, and why."""

from tui_lab.experiment.network import Network
from tui_lab.training.engines import native
from tui_lab.training.engines.autograd import AutogradEngine
from tui_lab.training.engines.by_hand import TorchEngine
from tui_lab.training.engines.dense import convolves, unfit
from tui_lab.training.engines.engine import Engine
from tui_lab.training.engines.native import NativeEngine
from tui_lab.training.loop import Bounds, Step


def choose_engine(
    asked: str, net: Network, step: Step, bounds: Bounds, mixes: bool
) -> tuple[Engine, str]:
    """The engine that was asked for if it can train this, else the quickest that can; and why."""
    kind, why = _choice(asked, net, step, mixes)
    engine = kind(net, step, bounds)
    return engine, why if asked in ("auto", engine.name) else f"{why}, though {asked} was asked for"


def _choice(asked: str, net: Network, step: Step, mixes: bool) -> tuple[type, str]:
    device = next((p.device.type for p in step.network.parameters()), "cpu")
    reason = "mixup" if mixes else unfit(net, step)
    if asked == "autograd":
        return AutogradEngine, "autograd: as asked"
    if device != "cpu":
        return AutogradEngine, f"autograd: it trains on {device}"
    if reason:
        return AutogradEngine, f"autograd: {reason} needs it"
    is_there, stack = native.library() is not None, "convolutional" if convolves(net) else "dense"
    if is_there and asked != "torch":
        return NativeEngine, f"native: a {stack} stack on the CPU"
    if convolves(net):
        missing = "" if is_there else " where there is no compiled engine"
        return AutogradEngine, f"autograd: Conv2d needs it{missing}"
    why = "as asked" if asked == "torch" else "there is no compiled engine on this machine"
    return TorchEngine, f"torch: {why}"
