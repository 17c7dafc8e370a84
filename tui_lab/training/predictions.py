"""Answers for the rows of a CSV file, part by part, as CSV or JSON."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tui_lab.data.enter import Entered, read_rows
from tui_lab.experiment.work import rows_at_once
from tui_lab.files import write_file
from tui_lab.runs.csv_text import csv_text
from tui_lab.runs.run import Run
from tui_lab.training.evaluation import classes_of
from tui_lab.training.trained import Trained, trained
from tui_lab.training.worker import note

PART = 10_000
"""At most so many rows are held as numbers and answers at once."""
DIGITS = 9


@dataclass(frozen=True)
class Part:
    """Answers for some rows that follow each other."""

    lines: list[int]
    """Where the rows stand in the file."""
    predictions: list[str | float]
    probabilities: list[list[float]]
    """One number a class; no numbers for a regression."""
    off: float
    """How much is wrong in the rows with a target: misses, or the sum of the squared errors."""


def write_predictions(run: Run, file: Path, path: Path, as_json: bool) -> None:
    """Answers all rows of a file; notes say what was filled, unknown, and how good it was."""
    found = trained(run)
    entered = read_rows(file, found.saved)
    for sentence in entered.notes:
        note(sentence)
    wrong = 0.0

    def written() -> Iterator[bytes]:
        nonlocal wrong
        form = _Json() if as_json else _Csv(found)
        yield form.begin.encode()
        for part in parts(found, entered):
            wrong += part.off
            yield form.rows(found, part).encode()
        yield form.end.encode()

    write_file(path, written())
    if entered.y is not None:
        note(_score(found, wrong, int(np.count_nonzero(~np.isnan(entered.y)))))


def parts(found: Trained, entered: Entered) -> Iterator[Part]:
    """The answers in the order of the file."""
    size = min(PART, rows_at_once(found.net))
    for start in range(0, len(entered.features), size):
        yield _part(found, entered, start, min(start + size, len(entered.features)))


@torch.no_grad()
def _part(found: Trained, entered: Entered, start: int, stop: int) -> Part:
    answers = found.answers(torch.from_numpy(entered.raw(found.saved, start, stop)))
    lines = entered.features.index[start:stop].tolist()
    numbers = answers.get("values")
    if numbers is None:
        numbers = classes_of(answers["outputs"], found.loss)
    off = 0.0 if entered.y is None else _off(found, numbers, entered.y[start:stop])
    if not found.saved.classes:
        return Part(lines, numbers.tolist(), [[]] * len(lines), off)
    names = [found.saved.classes[number] for number in numbers.tolist()]
    return Part(lines, [*names], answers["probabilities"].tolist(), off)


def _off(found: Trained, numbers: Tensor, y: np.ndarray) -> float:
    error = (numbers.double().numpy() - y)[~np.isnan(y)]
    return float(np.count_nonzero(error) if found.saved.classes else np.square(error).sum())


def _score(found: Trained, wrong: float, rows: int) -> str:
    """How good the answers are where the file holds the right ones."""
    on = f'on the {rows:,} rows here that have "{found.saved.target}"; training may have seen them'
    if found.saved.classes:
        return f"accuracy {1 - wrong / rows:.4f} {on}"
    return f"RMSE {math.sqrt(wrong / rows):.6g} {on}"


class _Csv:
    """A header and a line a row."""

    end = ""

    def __init__(self, found: Trained) -> None:
        header = ["row", "prediction", *(f"p({name})" for name in found.saved.classes)]
        self.begin = csv_text([header])

    def rows(self, found: Trained, part: Part) -> str:
        """Lines of CSV."""
        answers = zip(part.lines, part.predictions, part.probabilities, strict=True)
        return csv_text([line, _cell(p), *map(_rounded, all_p)] for line, p, all_p in answers)


class _Json:
    """A list with an object a row, each on a line."""

    begin, end = "[", "\n]\n"

    def __init__(self) -> None:
        self.between = "\n"

    def rows(self, found: Trained, part: Part) -> str:
        """Objects on lines; a number that isn't finite is null."""
        answers = zip(part.lines, part.predictions, part.probabilities, strict=True)
        text = ""
        for line, prediction, probabilities in answers:
            row: dict[str, object] = {"row": line, "prediction": _plain(prediction)}
            if probabilities:
                shares = map(_plain, probabilities)
                row["probabilities"] = dict(zip(found.saved.classes, shares, strict=True))
            text += self.between + json.dumps(row)
            self.between = ",\n"
        return text


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


def _cell(prediction: str | float) -> str | float:
    return prediction if isinstance(prediction, str) else _rounded(prediction)


def _plain(prediction: str | float) -> str | float | None:
    cell = _cell(prediction)
    return cell if isinstance(cell, str) or math.isfinite(cell) else None
