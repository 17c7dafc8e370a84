"""A look at the very batches that would enter: `python -m tui_lab.training.batch`.

Requests and replies are JSON objects, one a line. `{"experiment": {…}, "epoch": 1, "batch": 1}` is
answered with what is told of that batch, or with an `{"error"}`. Nothing is trained.
"""

import json
import sys
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tui_lab.data.numbers import as_texts
from tui_lab.data.prepare import split
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.dataset import Csv, Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.shape import Shape
from tui_lab.training.evaluation import Judge
from tui_lab.training.loop import Entering, Mixed, Rows
from tui_lab.training.session import Session, assemble
from tui_lab.training.worker import exit_code

ROWS, NUMBERS, PIXELS = 8, 16, 20_000
"""So many rows are told, so many numbers of each, and at most so many pixels of their pictures."""
Reply = dict[str, Any]


def answer_lines(requests: TextIO, replies: TextIO) -> None:
    """Answers until there are no more requests."""
    looking = Looking()
    for line in requests:
        replies.write(json.dumps(looking.reply(json.loads(line))) + "\n")
        replies.flush()


@dataclass(frozen=True)
class Data:
    """All that is looked at while it is about one Experiment."""

    experiment: Experiment
    session: Session
    features: pd.DataFrame
    """The table as it was read."""
    train: np.ndarray
    """Which rows of it are the training rows, from 0."""

    @property
    def counted(self) -> str:
        """What its rows are numbered by: the lines of a file, or from 1."""
        return "line" if isinstance(self.experiment.dataset, Csv) else "row"

    @property
    def numbers(self) -> pd.Index:
        """The number of each row."""
        rows = self.features.index
        return rows if self.counted == "line" else pd.RangeIndex(1, len(rows) + 1)

    @property
    def facts(self) -> Facts:
        """What is known of the data."""
        return self.session.judge.facts


class Looking:
    """Reads the data again only for another Experiment."""

    def __init__(self) -> None:
        self.data: Data | None = None

    def reply(self, request: dict[str, Any]) -> Reply:
        """The answer to one request."""
        try:
            experiment = Experiment.model_validate(request["experiment"])
            if self.data is None or self.data.experiment != experiment:
                self.data = _data(experiment)
            return told(self.data, request["epoch"], request["batch"])
        except BadInput as error:
            return {"error": str(error)}


def _data(experiment: Experiment) -> Data:
    session = assemble(experiment.replace(weights=None), Path())
    table = load(experiment.dataset)
    return Data(experiment, session, table.features, split(table, experiment.dataset)[0])


def entering(session: Session, epoch: int) -> tuple[Entering, Tensor]:
    """The rows as they enter in an epoch, from 1, and which training rows these are."""
    session.shuffler.restart(session.experiment.training.seed)
    for _ in range(epoch - 1):
        session.rows_in_order()
    before, train = session.shuffler.place.reached(), session.rows["train"]
    numbers = torch.arange(len(train.y), device=train.y.device)
    numbered = replace(session, augment=None, rows={"train": Rows(numbers, train.y)})
    places = numbered.rows_in_order().part(0, len(numbers)).x
    session.shuffler.go_to(before)
    return session.rows_in_order(), places


def told(data: Data, epoch: int, batch: int) -> Reply:
    """One batch, the last one if there are not so many: how it is made, and what is in it."""
    session = data.session
    rows, places = entering(session, epoch)
    number = min(batch, len(session.bounds))
    start, stop = session.bounds[number - 1]
    x, y, *mixed = rows.batch(start, stop)
    places = places[start:stop]
    plain = session.rows["train"].x[places]
    return {
        "epoch": epoch,
        "batch": number,
        "batches": len(session.bounds),
        "rows": len(session.rows["train"].y),
        "last_rows": session.bounds[-1][1] - session.bounds[-1][0],
        "device": str(session.device),
        "x": {**_tensor(x), **_spread(x)},
        "plain": _spread(plain),
        "y": _tensor(y),
        "counted": data.counted,
        "samples": _samples(data, places, plain, x, y, *mixed),
        "classes": list(data.facts.classes),
        "columns": list(data.facts.columns[_window(data.facts)]),
        "pictures": _pictures(data.facts.picture, plain, x),
    }


def _tensor(x: Tensor) -> Reply:
    return {"shape": list(x.shape), "dtype": str(x.dtype).removeprefix("torch.")}


def _spread(x: Tensor) -> Reply:
    """Minimum, mean and deviation over all numbers of a batch."""
    values = x.double()
    spread = {"min": values.min(), "max": values.max(), "mean": values.mean()}
    spread["std"] = values.std(correction=0)
    return {name: _short(value) for name, value in spread.items()}


def _window(facts: Facts) -> slice:
    """The numbers of a row that are told: the first ones, or a line in the middle of a picture."""
    if facts.picture is None:
        return slice(0, NUMBERS)
    _, height, width = facts.picture
    middle = height // 2 * width
    return slice(middle, middle + min(width, NUMBERS))


def _samples(
    data: Data, places: Tensor, plain: Tensor, x: Tensor, y: Tensor, mixed: Mixed | None = None
) -> list[Reply]:
    """The first rows: as they were read, scaled, and augmented, each with its target."""
    chosen, window = data.train[places[:ROWS].cpu()], _window(data.facts)
    names = data.features.columns[window]
    read = as_texts(data.features.iloc[chosen][names])
    found = []
    for at, texts in enumerate(read):
        sample = {
            "row": int(data.numbers[chosen[at]]),
            "read": texts,
            "scaled": _numbers(plain[at], window),
            "entering": _numbers(x[at], window),
            "y": _short(y[at]),
            "target": _target(data.session.judge, float(y[at])),
        }
        if mixed is not None:
            other = _target(data.session.judge, float(mixed.y[at]))
            sample |= {"other": other, "share": _short(mixed.share)}
        found.append(sample)
    return found


def _target(judge: Judge, y: float) -> str:
    """The class, or the target in its own units."""
    if judge.facts.classes:
        return judge.facts.classes[int(y)]
    return f"{y * judge.target_deviation + judge.target_mean:.6g}"


def _numbers(x: Tensor, window: slice) -> list[float]:
    return [_short(value) for value in x.flatten()[window]]


def _pictures(picture: Shape | None, plain: Tensor, x: Tensor) -> list[Reply]:
    """The first pictures before and after augmentation, on one scale from 0 to 1."""
    if picture is None:
        return []
    many = max(1, min(ROWS, PIXELS // prod(picture)))
    least, most = plain.min(), plain.max()

    def drawn(x: Tensor) -> Any:
        shares = (x[:many] - least) / (most - least).clamp(min=1e-9)
        pixels = shares.reshape(-1, *picture).double().mul(1000).round().div(1000)
        return (pixels.movedim(1, -1) if picture[0] == 3 else pixels[:, 0]).tolist()

    pairs = zip(drawn(plain), drawn(x), strict=True)
    return [{"before": before, "after": after} for before, after in pairs]


def _short(value: Tensor) -> float:
    return float(f"{float(value):.4g}")


if __name__ == "__main__":
    sys.exit(exit_code(lambda: answer_lines(sys.stdin, sys.stdout)))
