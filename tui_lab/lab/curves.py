"""The curves of one run, gathered from its events."""

from collections.abc import Iterable
from typing import Any


class Curves:
    """Losses and the watched metric, by epoch; batch losses lie between the epochs."""

    def __init__(self) -> None:
        self.batches = 1
        self.metric = ""
        self.epochs: list[float] = []
        self.values: dict[str, list[float]] = {}
        self.batch_epochs: list[float] = []
        self.batch_losses: list[float] = []

    def add(self, events: Iterable[dict[str, Any]]) -> None:
        """Takes in the next events."""
        for event in events:
            handler = getattr(self, f"_{event.get('event')}", None)
            if handler:
                handler(event)

    def _started(self, event: dict[str, Any]) -> None:
        self.batches = event["batches"]

    def _batch(self, event: dict[str, Any]) -> None:
        self.batch_epochs.append(event["step"] / self.batches)
        loss = event["loss"]
        self.batch_losses.append(float("nan") if loss is None else loss)

    def _epoch(self, event: dict[str, Any]) -> None:
        self.epochs.append(event["epoch"])
        for split in ("train", "validation"):
            for name, value in event[split].items():
                self.values.setdefault(f"{split} {name}", []).append(value)
                self.metric = name if name != "loss" else self.metric
