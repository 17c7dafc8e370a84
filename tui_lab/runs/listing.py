"""Many runs at a glance: rows that are read only when their directory has changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tui_lab.errors import BadInput, nearest
from tui_lab.home import home
from tui_lab.runs.about import About
from tui_lab.runs.metrics import is_better_high
from tui_lab.runs.run import ENDED, Run, run_called
from tui_lab.runs.status import Status

SPLITS = ("test", "validation", "train")
COLUMNS = {"started": True, "name": False, "run": False, "state": False, "epochs": True}
"""What there is to sort by besides metrics, and whether the most comes first."""


@dataclass(frozen=True)
class Row:
    """A run as it was when it was looked at."""

    run: Run
    status: Status
    about: About

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def name(self) -> str:
        """The name that it was given, or else the one that it was started with."""
        return self.about.name or str(self.status.get("name", ""))

    @property
    def state(self) -> str:
        """The state, such as `finished`."""
        return str(self.status["state"])

    @property
    def parent(self) -> str:
        """`digits-1 at step 40` if it goes on from another run."""
        parent = self.status.get("parent")
        return f"{parent['run']} at step {parent['step']}" if parent else ""

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The final tables, read when they are asked for."""
        return self.run.summary()

    def metric(self, key: str) -> float | None:
        """The number at a key such as `test.accuracy`, or None."""
        split, _, name = key.partition(".")
        return (self.summary.get(split) or {}).get(name) if split in SPLITS else None

    @property
    def main_metric(self) -> str:
        """`test.accuracy`, `test.rmse`, or nothing while there is neither."""
        names = self.summary.get("test") or {}
        return next((f"test.{name}" for name in ("accuracy", "rmse") if name in names), "")

    def value(self, column: str) -> Any:
        """What stands in a column of `COLUMNS`."""
        if column in ("started", "epochs"):
            return self.status.get({"epochs": "epoch"}.get(column, column), 0)
        return {"name": self.name, "run": _numbered(self.id), "state": self.state}[column]


def _numbered(id: str) -> list[Any]:
    """An id so that digits-2 comes before digits-10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", id)]


class Listing:
    """The rows of all runs; those that have ended are read again only if something changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Row]] = {}

    def rows(self) -> list[Row]:
        """Every run, the newest first; what is no run directory is passed over."""
        try:
            with os.scandir(home() / "runs") as entries:
                found = {entry.name: _changed(entry) for entry in entries}
        except OSError:
            found = {}
        known, self._known = self._known, {}
        for name, changed in found.items():
            row = self._row(name, changed, known.get(name))
            if row:
                self._known[name] = (changed, row)
        return in_order([row for _, row in self._known.values()], "started")

    def _row(self, name: str, changed: int, known: tuple[int, Row] | None) -> Row | None:
        if known and known[0] == changed and known[1].state in ENDED:
            return known[1]
        run = run_called(name)
        row = Row(run, run.status(), run.about) if run else None
        return known[1] if known and known[1] == row else row


def _changed(entry: os.DirEntry[str]) -> int:
    """When something in a directory was replaced; 0 if nobody can tell, as for a broken link."""
    try:
        return entry.stat().st_mtime_ns
    except OSError:
        return 0


def matching(rows: Iterable[Row], text: str) -> list[Row]:
    """The rows that hold every word of a text in id, name, state, dataset, tags or note."""
    words = text.lower().split()
    return [row for row in rows if all(word in _searched(row) for word in words)]


def _searched(row: Row) -> str:
    told = (row.id, row.name, row.state, str(row.status.get("dataset", "")), row.about.note)
    return "\n".join((*told, *row.about.tags)).lower()


def in_order(rows: Iterable[Row], key: str) -> list[Row]:
    """Sorted by a column, or by a metric with the best first; `BadInput` for an unknown key."""
    rows = sorted(rows, key=lambda row: row.id)
    if key in COLUMNS:
        return sorted(rows, key=lambda row: row.value(key), reverse=COLUMNS[key])
    measured = [row for row in rows if row.metric(key) is not None]
    if not measured and key not in sort_keys(rows):
        known = sort_keys(rows)
        hint = nearest(key, known) or f" (known: {', '.join(known)})"
        raise BadInput(f'there is nothing called "{key}" to sort by{hint}')
    first = sorted(measured, key=lambda row: row.metric(key) or 0.0, reverse=is_better_high(key))
    return [*first, *(row for row in rows if row.metric(key) is None)]


def sort_keys(rows: Iterable[Row]) -> list[str]:
    """The columns, and the metrics that any of the rows has."""
    found = {
        f"{split}.{name}": None
        for row in rows
        for split in SPLITS
        for name in row.summary.get(split) or {}
        if name != "baseline"
    }
    return [*COLUMNS, *sorted(found, key=lambda key: SPLITS.index(key.partition(".")[0]))]
