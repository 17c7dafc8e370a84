"""What a training writes into its run directory, and when."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from tui_lab.files import remove
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.runs.status import read_status
from tui_lab.training import memory
from tui_lab.training.device import busy_percent
from tui_lab.training.evaluation import AVERAGING, Table
from tui_lab.training.resuming import Before
from tui_lab.training.session import Session
from tui_lab.training.state import Position

BATCH_EVENTS = 2000
"""At most about so many batch events a run."""


class Teller:
    """Tells the readers of a run directory how a session goes.

    Events say nothing of time, so that equal runs on one device have equal events.
    """

    def __init__(self, run: Run, record: Record, session: Session, before: Before) -> None:
        self.run, self.record, self.session, self.before = run, record, session, before
        self.batches = len(session.bounds)
        whole = -(-self.batches * self.epochs // BATCH_EVENTS)
        self.every = before.told.every if before.told else whole
        """Only one batch in so many is told; a longer training keeps to it."""
        self.parameters = {"total": session.net.total, "trainable": session.net.trainable}
        self.loaded = self._loaded()
        self.start = time.monotonic() - (before.told.seconds if before.told else 0.0)

    @property
    def epochs(self) -> int:
        """How many epochs there will be."""
        return self.session.experiment.training.epochs

    def _loaded(self) -> dict[str, object]:
        """Which weights the network began with; nothing if only with random ones."""
        loaded = self.session.loaded
        source = read_status(self.run.file("status.json")).get("weights_from", "")
        return {"from": source, **loaded.told()} if loaded else {}

    def started(self) -> None:
        """The first event, unless there is one already, and the state `running`."""
        session, before = self.session, self.before
        self.record.write("preparation.json", session.saved.model_dump_json().encode())
        if before.told is None:
            self._first_event()
        remove(self.run.file("summary.json"))
        self.record.status(
            state="running",
            device=str(session.device),
            why_device=session.why_device,
            why_engine=session.why_engine,
            why=None,
            refused=None,
            bad_input=None,
            notes=list(dict.fromkeys([*self.record.notes, *before.notes])) or None,
            changes=before.position.changes or None,
            **self.progress(before.position, 0.0),
        )

    def _first_event(self) -> None:
        session = self.session
        self.record.event(
            "started",
            device=str(session.device),
            engine=session.engine.name,
            threads=session.threads,
            parameters=self.parameters,
            rows={name: len(rows.y) for name, rows in session.rows.items()},
            epochs=self.epochs,
            batches=self.batches,
            data=session.data_sha256,
        )
        if self.loaded:
            self.record.event("loaded", **self.loaded)

    def changed(
        self, session: Session, at: Position, changes: list[str], again: list[dict[str, Any]]
    ) -> None:
        """Settings that are others from here on, and the changes that are still to be made."""
        self.session = session
        self.record.event("changed", epoch=at.epoch, step=at.step, changes=changes)
        self.record.status(
            refused=None,
            epochs=self.epochs,
            why_engine=session.why_engine,
            changes=at.changes,
            again=again or None,
        )

    def so_far(self, rested: float) -> dict[str, Any]:
        """What a checkpoint must know of what was told."""
        seconds = round(time.monotonic() - self.start - rested, 3)
        events = {"events": self.record.events_size, "last_event": self.record.last_event()}
        return events | {"every": self.every, "seconds": seconds}

    def losses(self, before: int, losses: Sequence[float] | Tensor, done: int, until: int) -> None:
        """The losses of an epoch's batches from `done` to `until`, with `before` steps before it.

        Of too many the first of all is told, and then only one in `every`.
        """
        first, last = before + done + 1, before + until
        told = range(first + -first % self.every, last + 1, self.every)
        for number in told if first != 1 or self.every == 1 else (1, *told):
            self.record.event("batch", step=number, loss=float(losses[number - before - 1]))

    def gap(self, step: int) -> None:
        """A batch whose loss is no number."""
        self.record.event("batch", step=step, loss=None)

    def epoch(
        self, epoch: int, lr: float, train: dict[str, float], validation: dict[str, float]
    ) -> None:
        """An epoch's losses and metrics, and the learning rate that it began with."""
        self.record.event("epoch", epoch=epoch, lr=lr, train=train, validation=validation)

    def progress(self, at: Position, rested: float) -> dict[str, object]:
        """Where training is and how fast it goes, without the seconds it `rested`."""
        seconds = time.monotonic() - self.start - rested
        return {
            "epoch": at.epoch,
            "epochs": self.epochs,
            "batch": at.batch,
            "batches": self.batches,
            "seconds": round(seconds, 3),
            "steps_per_second": round(at.step / max(seconds, 1e-9), 1),
            "memory": memory.held_bytes(self.session.device),
            "busy_percent": busy_percent(self.session.device),
        }

    def ended(
        self,
        state: str,
        why: str,
        best_epoch: int,
        tables: Mapping[str, Table],
        progress: dict[str, object],
    ) -> None:
        """Tables and summary, then the state, so that whoever sees it finds all."""
        tested = self.record.tested + bool(tables)
        if tables:
            self.record.event("tested", **tables)
        confusion = self._confusion() if tables else {}
        summary = {
            "parameters": self.parameters,
            "seconds": progress["seconds"],
            "device": str(self.session.device),
            "why_device": self.session.why_device,
            "why_engine": self.session.why_engine,
            "best_epoch": best_epoch,
            "why": why,
            "averaging": AVERAGING if self.session.judge.facts.classes else None,
            "tested": tested,
            "loaded": self.loaded or None,
            **tables,
            **confusion,
        }
        self.record.write("summary.json", json.dumps(summary, indent=1).encode())
        self.record.event("ended", state=state, why=why, best_epoch=best_epoch)
        self.record.give_room()
        self.record.status(state=state, why=why, tested=tested, **progress)

    def _confusion(self) -> dict[str, object]:
        found = self.session.confusion()
        return {"confusion": found.model_dump()} if found else {}
