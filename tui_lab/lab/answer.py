"""A network's answer to one row, and what its layers made of it, as text."""

import math
from typing import Any

from textual.content import Content

from tui_lab.errors import visible
from tui_lab.lab.widgets.rows import cut

NAME_WIDTH, BAR_WIDTH, STRIP_WIDTH = 12, 14, 32
MOST_CLASSES, NUMBERS = 10, 5
STEPS = "▁▂▃▄▅▆▇█"
Reply = dict[str, Any]


def answer(reply: Reply, target: str) -> Content:
    """The classes by probability, or the value of the target."""
    if "probabilities" not in reply:
        value = reply.get("value")
        told = "no finite number" if value is None else f"{value:.6g}"
        return Content.assemble(f"{cut(visible(target), NAME_WIDTH)}: ", (told, "bold"))
    shares = sorted(reply["probabilities"].items(), key=lambda item: -item[1])
    lines = [_class_line(name, share) for name, share in shares[:MOST_CLASSES]]
    if more := len(shares) - MOST_CLASSES:
        lines += [Content(f"and {more} less likely")] if more > 0 else []
    return Content("\n").join([lines[0].stylize("bold"), *lines[1:]])


def _class_line(name: str, share: float) -> Content:
    bar = "█" * round(share * BAR_WIDTH) if math.isfinite(share) else ""
    return Content(f"{cut(visible(name), NAME_WIDTH):{NAME_WIDTH}} {share:6.4f} {bar}")


def layers(reply: Reply) -> Content:
    """Each layer's output: its shape, its range, its first values as numbers and as a strip."""
    return Content("\n").join(_layer(told) for told in reply["layers"])


def _layer(told: dict[str, Any]) -> Content:
    numbers = " ".join(f"{value:.3g}" for value in told["values"][:NUMBERS])
    more = " …" if len(told["values"]) > NUMBERS else ""
    return Content.assemble(
        (f"{cut(visible(told['name']), 24)} → {told['shape']}\n", "bold"),
        f" min {told['min']:.3g}  mean {told['mean']:.3g}  max {told['max']:.3g}\n",
        f" {numbers}{more}\n",
        (f" {strip(told['values'][:STRIP_WIDTH])}", "$foreground-muted"),
    )


def strip(values: list[float]) -> str:
    """The values as columns between their least and their largest; × is not a finite number."""
    finite = [value for value in values if math.isfinite(value)]
    least = min(finite, default=0.0)
    spread = max(finite, default=0.0) - least
    return "".join(_step(value, least, spread) for value in values)


def _step(value: float, least: float, spread: float) -> str:
    if not math.isfinite(value):
        return "×"
    share = (value - least) / spread if spread else 0.0
    return STEPS[round(share * (len(STEPS) - 1))]
