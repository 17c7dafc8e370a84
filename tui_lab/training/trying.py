"""Trying one row after another: requests and replies are JSON objects, one a line.

`{"row": {column: text}}` is answered with the answer and every layer's values; `{"another": true}`
with the next test row as texts, its true target, and the same; what is wrong with a `{"error"}`.
The first test row comes without being asked for.
"""

import json
import math
from typing import Any, TextIO

import torch

from tui_lab.data.enter import typed_row
from tui_lab.data.numbers import as_texts
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
            return answered(self.found, request["row"])
        except BadInput as error:
            return {"error": str(error)}

    def another(self) -> Reply:
        """The next test row with its answer; typical values if the data isn't there as it was."""
        if self.tested is None:
            row, told = typical(self.found.saved), {"told": "typical values: the data has changed"}
            return {"row": row, **told, **answered(self.found, row)}
        features, y = self.tested
        self.place = (self.place + 1) % len(y)
        row = as_texts(features.iloc[[self.place]])[0]
        told = {"told": f"test row {self.place + 1:,} of {len(y):,}"}
        told["target"] = _named(self.found.saved, float(y[self.place]))
        return {"row": row, **told, **answered(self.found, row)}


def _named(saved: SavedPreparation, y: float) -> str:
    return saved.classes[int(y)] if saved.classes else f"{y:g}"


def typical(saved: SavedPreparation) -> dict[str, str]:
    """The training rows' medians; texts are missing."""
    fill = dict(zip(saved.numbers, saved.fill, strict=True))
    return {c.name: "" if c.words is not None else f"{fill[c.name]:g}" for c in saved.columns}


@torch.no_grad()
def answered(found: Trained, row: dict[str, str]) -> Reply:
    """What the network makes of one row of texts by column; `BadInput` if they aren't right."""
    raw = torch.from_numpy(typed_row(row, found.saved))
    outputs, layers = layer_values(found.net, found.network, found.answers.prepared(raw))
    meaning = found.answers.meaning(outputs)
    reply: Reply = {"layers": layers}
    if not found.saved.classes:
        value = float(meaning["values"])
        return reply | {"value": value if math.isfinite(value) else None}
    shares = meaning["probabilities"][0].tolist()
    return reply | {"probabilities": dict(zip(found.saved.classes, shares, strict=True))}
