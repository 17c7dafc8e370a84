"""The curves of one run, gathered from its events, in few points however long it trains."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from tui_lab.errors import visible

POINTS = 2000
"""A curve keeps at most about so many points, more than a screen has columns."""
CHANGES = 200
LARGEST = 2**53
Event = dict[str, Any]


class Kept:
    """A curve of bounded size: of every so many points the lowest, the highest and a gap stay."""

    def __init__(self) -> None:
        self.x: list[float] = []
        self.y: list[float] = []
        self._each, self._done = 1, 0
        """How many points give way to their extremes, and where those end that have done so."""

    def extend(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Takes in the next points; the last one always stays."""
        self.x += x
        self.y += y
        before_last = max(len(self.y) - 1, 0)
        self._thin(self._done, before_last - (before_last - self._done) % self._each, self._each)
        while self._done > POINTS:
            self._each = max(4, 2 * self._each)
            self._thin(0, self._done, 4)

    def _thin(self, start: int, end: int, each: int) -> None:
        """Leaves the extremes of every `each` points from start to end."""
        groups = range(start, end, each)
        kept = [i for first in groups for i in _extremes(self.y, first, min(first + each, end))]
        self.x[start:end] = [self.x[i] for i in kept]
        self.y[start:end] = [self.y[i] for i in kept]
        self._done = start + len(kept)


def _extremes(y: list[float], start: int, end: int) -> list[int]:
    """The places of the lowest, the highest and the first value that is no number."""
    group = y[start:end]
    finite = group if math.isfinite(sum(group)) else list(filter(math.isfinite, group))
    places = {group.index(min(finite)), group.index(max(finite))} if finite else set()
    if len(finite) < len(group):
        places.add(next(i for i, value in enumerate(group) if not math.isfinite(value)))
    return [start + place for place in sorted(places)]


class Curves:
    """Losses and the watched metric, by epoch; batch losses lie between the epochs."""

    def __init__(self) -> None:
        self.batches = 1.0
        self.test_rows = 0
        """How many rows it is tested on; 0 while that is not known."""
        self.metric = ""
        self.values: dict[str, Kept] = {}
        """By `train loss`, `validation accuracy` and so on."""
        self.batch = Kept()
        self.changes: list[tuple[float, str]] = []
        """The epochs at which settings were changed while training, and which."""

    @property
    def epochs(self) -> list[float]:
        """The epochs that are kept of the validation loss; the last one is the newest."""
        loss = self.values.get("validation loss")
        return loss.x if loss else []

    def add(self, events: Iterable[Event]) -> None:
        """Takes in the next events; those with impossible numbers are passed over."""
        by_kind: dict[str, list[Event]] = {}
        for event in events:
            by_kind.setdefault(event["event"], []).append(event)
        for event in by_kind.get("started", []):
            self.batches = max(_number(event.get("batches")), 1)
            self.test_rows = int(_number(_table(event, "rows").get("test")))
        self._add_batches(_placed(by_kind.get("batch", []), "step"))
        self._add_epochs(_placed(by_kind.get("epoch", []), "epoch"))
        for event in _placed(by_kind.get("changed", []), "step"):
            self.changes = [*self.changes, (event["step"] / self.batches, _told(event))][-CHANGES:]

    def _add_batches(self, events: list[Event]) -> None:
        steps = [event["step"] / self.batches for event in events]
        self.batch.extend(steps, _numbers([event.get("loss") for event in events]))

    def _add_epochs(self, events: list[Event]) -> None:
        if not events:
            return
        names = ["loss", *(name for name in _table(events[0], "validation") if name != "loss")][:2]
        self.metric = self.metric or names[-1]
        epochs = [event["epoch"] for event in events]
        for split in ("train", "validation"):
            tables = _tables(events, split)
            for name in dict.fromkeys(("loss", self.metric)):
                values = _numbers([table.get(name) for table in tables])
                self.values.setdefault(f"{split} {name}", Kept()).extend(epochs, values)


def _placed(events: list[Event], key: str) -> list[Event]:
    """The events whose place is a number from 0 on."""
    places: list[Any] = [event.get(key) for event in events]
    if set(map(type, places)) == {int} and min(places) >= 0 and max(places) < LARGEST:
        return events  # as trainers write them, and far quicker than looking at each
    return [event for event in events if _number(event.get(key), -1) >= 0]


def _tables(events: list[Event], split: str) -> list[Event]:
    tables: list[Any] = [event.get(split) for event in events]
    return tables if set(map(type, tables)) == {dict} else [_table(e, split) for e in events]


def _table(event: Event, split: str) -> Event:
    table = event.get(split)
    return table if isinstance(table, dict) else {}


def _numbers(values: list[Any]) -> list[float]:
    """Numbers, with gaps for what is none."""
    if set(map(type, values)) == {float}:
        return values
    return [_number(value, math.nan) for value in values]


def _number(value: object, otherwise: float = 0.0) -> float:
    """A number of a sensible size; batches and epochs come as whole ones."""
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST):
        return value
    return otherwise


def _told(event: Event) -> str:
    changes = event.get("changes")
    told = [str(change) for change in changes] if isinstance(changes, list) else []
    return visible(", ".join(told), 200)
