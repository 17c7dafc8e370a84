"""One training from beginning to end: epochs of batches, the best weights, the tables."""

import contextlib
import math
import tempfile
from pathlib import Path

from tui_lab.errors import BadInput
from tui_lab.experiment.experiment import Training
from tui_lab.experiment.presets import DEFAULT, load_preset, save_preset
from tui_lab.experiment.steering import steered
from tui_lab.runs.going_on import refuse_too_few
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training.checkpoints import Captured, Checkpoints
from tui_lab.training.divergence import Diverged, what_failed
from tui_lab.training.evaluation import Table
from tui_lab.training.listening import Listener
from tui_lab.training.loop import Entering, NotFinite
from tui_lab.training.pace import Pace
from tui_lab.training.resuming import resumed
from tui_lab.training.session import SPLITS
from tui_lab.training.state import captured
from tui_lab.training.steering import resteered
from tui_lab.training.telling import Teller
from tui_lab.training.tensor_file import tensor_bytes

SHORT_SECONDS = 0.002
"""A slice that takes longer doesn't begin before what was told is written."""
STALE = "early stopping: the validation loss no longer improves"


class Trainer:
    """Trains the Experiment of a run directory and writes there what happens."""

    def __init__(self, run: Run, record: Record) -> None:
        self.record = record
        before = resumed(run, record)
        self.session, self.best, self.at = before.session, before.best, before.position
        self.again = before.again
        """Changes that were made after the checkpoint, to be made again in their places."""
        self.checkpoints = Checkpoints(record)
        self.tell = Teller(run, record, self.session, before)
        self.listen = Listener(record, self._progress, self._change, self._save)
        self._heard = self.at.step
        """The step after which it listened last."""
        self._pace = Pace()

    @property
    def settings(self) -> Training:
        """How long to train, as it is now."""
        return self.session.experiment.training

    def train(self) -> None:
        """All epochs, then the tables; the run directory says how it ended."""
        self.record.keep_room()
        self.tell.started()
        self._change_again()
        self.listen.look()
        try:
            why = self._epochs()
            state = "stopped" if self.listen.stop else "finished"
        except Diverged as error:
            state, why = "diverged", str(error)
        self._end(state, why)

    def _epochs(self) -> str:
        """Epoch after epoch; why they ended early, if there is something to say about it."""
        while not self.listen.stop:
            if not self.at.batch:
                if self.best.is_stale(self.at.epoch):
                    return STALE
                if self.at.epoch >= self.settings.epochs:
                    break
                self.at.lr, self.at.order = self.session.lr, self.session.shuffler.place
            rows = self.session.rows_in_order()
            if self._train(rows):
                self._end_epoch(rows)
        return ""

    def _train(self, rows: Entering) -> bool:
        """The rest of an epoch; whether it came to its end before a request to stop."""
        count = len(self.session.bounds)
        while self.at.batch < count and not self.listen.stop:
            try:
                self._slice(rows)
            except NotFinite as error:
                raise self._diverged(error.done, error.loss, rows) from None
            if self.at.batch < count:
                self._is_called()
        if self.session.device.type != "cpu":
            self._tell_batches(rows)
        return self.at.batch == count

    def _slice(self, rows: Entering) -> None:
        """Some batches at once, so few that nobody who asks for something waits for them."""
        done, until = self.at.batch, self._until()
        if (until - done) * self._pace.batch_seconds > SHORT_SECONDS:
            self.record.write_events()
        try:
            self._pace.train(self.session.engine, rows, self.session.seen, done, until)
        except NotFinite as error:
            self._trained(error.done)
            raise
        self._trained(until)

    def _trained(self, until: int) -> None:
        """So many batches of the epoch are done."""
        done, self.at.batch = self.at.batch, until
        self.at.step += until - done
        if self.session.device.type == "cpu":
            self.tell.losses(self.at.step - until, self.session.seen.losses, done, until)

    def _until(self) -> int:
        """How many batches of the epoch are done before the next look around."""
        most = self._pace.batches
        if self.again:
            most = min(most, self.again[0]["step"] - self.at.step)
        if self.listen.most is not None:
            most = min(most, self.listen.most)
        return min(self.at.batch + max(most, 1), len(self.session.bounds))

    def _is_called(self) -> bool:
        """Between two batches or epochs: whether to stop, or to look at other settings."""
        session, trained = self.session, self.at.step - self._heard
        self._heard = self.at.step
        self._change_again()
        self.listen(trained)
        if self.checkpoints.is_due or self.listen.stop:
            self._save()
        return self.listen.stop or self.session is not session

    def _tell_batches(self, rows: Entering) -> None:
        """Reads the epoch's losses when it is over, so that it need not wait for the device."""
        done = self.at.batch
        before, losses = self.at.step - done, self.session.seen.losses[:done].tolist()
        for index, loss in enumerate(losses):
            if not math.isfinite(loss):
                self.tell.losses(before, losses, 0, index)
                raise self._diverged(index, loss, rows)
        self.tell.losses(before, losses, 0, done)

    def _diverged(self, index: int, loss: float, rows: Entering) -> Diverged:
        start, stop = self.session.bounds[index]
        step, number = self.at.step - self.at.batch + index + 1, self.at.epoch + 1
        self.tell.gap(step)
        what = f"the loss became {loss} at step {step} (epoch {number}, batch {index + 1})"
        return Diverged(what, self.session.network, rows.part(start, stop).x)

    def _end_epoch(self, rows: Entering) -> None:
        """Tells how the epoch went, and remembers it if it is the best so far."""
        self.at.epoch, self.at.batch = self.at.epoch + 1, 0
        validation_loss = self._evaluate(rows)
        better = self.best.keep(self.at.epoch, validation_loss, self.session.engine)
        self.session.end_epoch(validation_loss)
        if better:
            self.checkpoints.keep_best(self._state())
        self._is_called()

    def _evaluate(self, rows: Entering) -> float:
        """Tells how the epoch went on train and validation; the validation loss."""
        session = self.session
        trained, found = session.trained(rows), session.validated()
        loss = found["loss"]
        if not math.isfinite(loss) or not session.engine.is_finite():
            what = f"{what_failed(loss)} in epoch {self.at.epoch}"
            raise Diverged(what, session.network, session.rows["validation"].x)
        self.tell.epoch(self.at.epoch, self.at.lr, trained, found)
        return loss

    def _change(self, changes: list[str]) -> None:
        """Other settings from here on, with a checkpoint before them; refused ones are told."""
        try:
            experiment = steered(self.session.experiment, changes)
            refuse_too_few(experiment, self.at.epoch, self.at.batch)
        except BadInput as error:
            self.record.status(refused=str(error), again=self.again or None)
            return
        self._save()
        self.at.changes += changes
        self.session = resteered(self.session, experiment, self.at)
        self.best.stopping = self.settings.early_stopping
        self.tell.changed(self.session, self.at, changes, self.again)

    def _change_again(self) -> None:
        """Makes changes in the places where they were made before the training was cut off."""
        here = (self.at.epoch, self.at.step)
        while self.again and (self.again[0]["epoch"], self.again[0]["step"]) <= here:
            self._change(self.again.pop(0)["changes"])

    def _state(self) -> Captured:
        so_far = self.tell.so_far(self._rested)
        return captured(self.session, self.best, self.at, so_far)

    def _save(self) -> None:
        """A checkpoint, unless there are numbers in it that are none."""
        if not self.session.engine.is_finite():
            return
        if self.checkpoints.save(self._state, (self.at.epoch, self.at.step)):
            self._save_weights()

    def _save_weights(self) -> None:
        weights = self.best.weights or self.session.network.state_dict()
        self.record.write("weights.safetensors", tensor_bytes(weights, self.session.about))

    def _end(self, state: str, why: str) -> None:
        """The best weights and, unless the training diverged, how good they are on every split."""
        if state != "diverged":
            self._save()
        self.best.restore(self.session.network)
        tables: dict[str, Table] = {}
        if state != "diverged":
            tables = {split: self.session.table(split) for split in SPLITS}
        if tables or self.best.epoch:
            self._save_weights()
        self.tell.ended(state, why, self.best.epoch, tables, self._progress())

    @property
    def _rested(self) -> float:
        """Seconds in which it was paused, or waited for room on the disk."""
        return self.listen.rested + self.record.waited

    def _progress(self) -> dict[str, object]:
        return self.tell.progress(self.at, self._rested)


def warm_up() -> None:
    """Trains the default preset for an epoch, so that nothing is slow the first time after."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        save_preset(load_preset(DEFAULT, ("training.epochs=1",)), run.file("experiment.yaml"))
        with contextlib.closing(Record(run)) as record:
            Trainer(run, record).train()
