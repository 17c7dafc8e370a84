"""What a training writes into its run directory, and when."""

import json
import time
from collections.abc import Mapping

from torch import Tensor

from tui_lab.experiment.presets import write_file
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training import memory
from tui_lab.training.device import busy_percent
from tui_lab.training.evaluation import AVERAGING, Table
from tui_lab.training.session import Session

BATCH_EVENTS = 2000
"""At most about so many batch events a run."""


class Teller:
    """Tells the readers of a run directory how a session goes.

    Events say nothing of time, so that equal runs on one device have equal events.
    """

    def __init__(self, run: Run, record: Record, session: Session) -> None:
        self.run, self.record, self.session = run, record, session
        self.epochs, self.batches = session.experiment.training.epochs, len(session.bounds)
        self.every = -(-self.batches * self.epochs // BATCH_EVENTS)
        self.parameters = {"total": session.net.total, "trainable": session.net.trainable}
        self.start = time.monotonic()

    def started(self) -> None:
        """The first event, and the state `running`."""
        session = self.session
        write_file(self.run.file("preparation.json"), session.saved.model_dump_json().encode())
        self.record.event(
            "started",
            device=str(session.device),
            threads=session.threads,
            parameters=self.parameters,
            rows={name: len(rows.y) for name, rows in session.rows.items()},
            epochs=self.epochs,
            batches=self.batches,
        )
        self.record.status(
            state="running",
            device=str(session.device),
            why_device=session.why_device,
            **self.progress(0, 0, 0.0),
        )

    def batch(self, step: int, loss: Tensor | float) -> None:
        """A batch's loss, unless there are too many to tell them all."""
        if step % self.every == 0 or step == 1:
            self.record.event("batch", step=step, loss=float(loss))

    def gap(self, step: int) -> None:
        """A batch whose loss is no number."""
        self.record.event("batch", step=step, loss=None)

    def epoch(
        self, epoch: int, lr: float, train: dict[str, float], validation: dict[str, float]
    ) -> None:
        """An epoch's losses and metrics, and the learning rate that it began with."""
        self.record.event("epoch", epoch=epoch, lr=lr, train=train, validation=validation)

    def progress(self, epoch: int, step: int, rested: float) -> dict[str, object]:
        """Where training is and how fast it goes, without the seconds it `rested`."""
        seconds = time.monotonic() - self.start - rested
        return {
            "epoch": epoch,
            "epochs": self.epochs,
            "batch": step - epoch * self.batches,
            "batches": self.batches,
            "seconds": round(seconds, 3),
            "steps_per_second": round(step / max(seconds, 1e-9), 1),
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
        if tables:
            self.record.event("tested", **tables)
        summary = {
            "parameters": self.parameters,
            "seconds": progress["seconds"],
            "device": str(self.session.device),
            "why_device": self.session.why_device,
            "best_epoch": best_epoch,
            "why": why,
            "averaging": AVERAGING if self.session.judge.facts.classes else None,
            **tables,
        }
        write_file(self.run.file("summary.json"), json.dumps(summary, indent=1).encode())
        self.record.event("ended", state=state, why=why, best_epoch=best_epoch)
        self.record.status(state=state, why=why, **progress)
