"""One training of a sweep: the same steps as a run's, without a directory, checkpoints and tests.

The test rows are not looked at: only the chosen trial will be, as a run of its own.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tui_lab.experiment.sweep import Sweep
from tui_lab.runs.trials import STOPPED
from tui_lab.training.best import Best
from tui_lab.training.divergence import what_failed
from tui_lab.training.loop import NotFinite
from tui_lab.training.pace import Pace
from tui_lab.training.session import Session

Hear = Callable[[int, float], None]
"""Told after an epoch its number and metric."""
IsStopped = Callable[[], bool]
"""Asked a hundred times a second whether to stop."""


@dataclass
class Outcome:
    """How a training went so far."""

    state: str = "finished"
    why: str = ""
    value: float | None = None
    """The metric on the validation rows in the epoch of the least validation loss."""
    best_epoch: int = 0
    epochs: int = 0
    rungs: list[float] = field(default_factory=list)
    """The value as it was where worse trials are dropped."""
    seconds: float = 0.0
    """How long it trained, without what comes before the first epoch."""


def train(
    session: Session,
    sweep: Sweep,
    earlier: Sequence[Sequence[float]],
    hear: Hear,
    is_stopped: IsStopped,
) -> Outcome:
    """Trains all epochs, or up to where it diverges, is dropped or is stopped.

    `earlier` holds the rungs of the trainings that it is compared with.
    """
    begun = time.monotonic()
    outcome = _trained(session, sweep, earlier, hear, is_stopped)
    outcome.seconds = round(time.monotonic() - begun, 3)
    return outcome


def _trained(
    session: Session,
    sweep: Sweep,
    earlier: Sequence[Sequence[float]],
    hear: Hear,
    is_stopped: IsStopped,
) -> Outcome:
    settings, outcome, pace = session.experiment.training, Outcome(), Pace()
    best = Best(settings.early_stopping)
    while outcome.epochs < settings.epochs and not best.is_stale(outcome.epochs):
        try:
            found = _epoch(session, pace, is_stopped)
        except NotFinite as error:
            return _diverged(outcome, f"the loss became {error.loss}")
        if found is None:
            outcome.state, outcome.why = "stopped", STOPPED
            break
        if not math.isfinite(found["loss"]) or not session.engine.is_finite():
            return _diverged(outcome, what_failed(found["loss"]))
        outcome.epochs += 1
        if best.keep(outcome.epochs, found["loss"], session.engine):
            outcome.best_epoch, outcome.value = outcome.epochs, found[sweep.metric]
        session.end_epoch(found["loss"])
        hear(outcome.epochs, found[sweep.metric])
        if _is_dropped(outcome, sweep, earlier) and outcome.epochs < settings.epochs:
            outcome.state = "dropped"
            break
    return outcome


def _epoch(session: Session, pace: Pace, is_stopped: IsStopped) -> dict[str, float] | None:
    """One epoch of training, the metrics on the validation rows after it; None if stopped."""
    rows, seen, done, count = session.rows_in_order(), session.seen, 0, len(session.bounds)
    while done < count:
        if is_stopped():
            return None
        until = min(done + pace.batches, count)
        pace.train(session.engine, rows, seen, done, until)
        done = until
    if session.device.type != "cpu" and not seen.losses.isfinite().all():
        bad = int((~seen.losses.isfinite()).nonzero()[0])
        raise NotFinite(float(seen.losses[bad]), bad)
    return session.validated()


def _diverged(outcome: Outcome, what: str) -> Outcome:
    outcome.state, outcome.value, outcome.best_epoch = "diverged", None, 0
    outcome.why = f"{what} in epoch {outcome.epochs + 1}"
    return outcome


def _is_dropped(outcome: Outcome, sweep: Sweep, earlier: Sequence[Sequence[float]]) -> bool:
    """Whether half or more of the earlier trainings that came to this rung were better there."""
    place = len(outcome.rungs)
    if sweep.halving is None or outcome.epochs != sweep.halving.first_epochs * 2**place:
        return False
    assert outcome.value is not None
    outcome.rungs.append(outcome.value)
    others = [rungs[place] for rungs in earlier if len(rungs) > place]
    return bool(others) and 2 * sum(sweep.is_better(y, outcome.value) for y in others) >= len(
        others
    )
