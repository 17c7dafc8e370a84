"""Trying one row after another: requests and replies are JSON objects, one a line.

`{"row": {column: text}}` is answered with the answer and every layer's values; `{"another": true}`
with the next test row as texts, its true target, and the same; what is wrong with a `{"error"}`.
The first test row comes without being asked for.
"""

import json
import math
from typing import Any, TextIO

import numpy as np
import torch

from tui_lab.data.enter import typed_row
from tui_lab.data.numbers import as_texts, numbers
from tui_lab.errors import BadInput
from tui_lab.experiment.preparation import SavedPreparation
from tui_lab.runs.run import Run
from tui_lab.training.layer_values import layer_values
from tui_lab.training.own_rows import own_test_rows
from tui_lab.training.trained import Trained, trained

Reply = dict[str, Any]


def answer_lines(run: Run, requests: TextIO, replies: TextIO) -> None:
    """Answers until there are no more requests."""
    trying = Trying(run)

    def say(reply: Reply) -> None:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    say(trying.another())
    for line in requests:
        say(trying.reply(json.loads(line)))


class Trying:
    """A run's network, and its test rows to begin with."""

    def __init__(self, run: Run) -> None:
        self.found = trained(run)
        self.tested = own_test_rows(run, self.found.saved)
        self.place = -1

    def reply(self, request: dict[str, Any]) -> Reply:
        """The answer to one request."""
        if request.get("another"):
            return self.another()
        try:
            return answered(self.found, typed_row(request["row"], self.found.saved))
        except BadInput as error:
            return {"error": str(error)}

    def another(self) -> Reply:
        """The next test row with its answer; typical values if the data isn't there as it was."""
        saved = self.found.saved
        if self.tested is None:
            row, told = typical(saved), {"told": "typical values: the data has changed"}
            return {"row": row, **told, **answered(self.found, typed_row(row, saved))}
        features, y = self.tested
        self.place = (self.place + 1) % len(y)
        own = features.iloc[[self.place]]
        told = {"told": f"test row {self.place + 1:,} of {len(y):,}"}
        told["target"] = _named(saved, float(y[self.place]))
        raw = numbers(own, saved.columns)  # it may hold words that nobody could type
        return {"row": as_texts(own)[0], **told, **answered(self.found, raw)}


def _named(saved: SavedPreparation, y: float) -> str:
    return saved.classes[int(y)] if saved.classes else f"{y:g}"


def typical(saved: SavedPreparation) -> dict[str, str]:
    """The training rows' medians; texts are missing."""
    fill = dict(zip(saved.numbers, saved.fill, strict=True))
    return {c.name: "" if c.words is not None else f"{fill[c.name]:g}" for c in saved.columns}


@torch.no_grad()
def answered(found: Trained, raw: np.ndarray) -> Reply:
    """What the network makes of one row, (1, numbers) float64 as read."""
    prepared = found.answers.prepared(torch.from_numpy(raw))
    outputs, layers = layer_values(found.net, found.network, prepared)
    meaning = found.answers.meaning(outputs)
    reply: Reply = {"layers": layers}
    if not found.saved.classes:
        value = float(meaning["values"])
        return reply | {"value": value if math.isfinite(value) else None}
    shares = meaning["probabilities"][0].tolist()
    return reply | {"probabilities": dict(zip(found.saved.classes, shares, strict=True))}
