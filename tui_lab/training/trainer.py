"""One training from beginning to end: epochs of batches, the best weights, the tables."""

import math
import tempfile
import time
from pathlib import Path

from tui_lab.experiment.presets import DEFAULT, load_preset, save_preset
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training.best import Best, save_weights
from tui_lab.training.divergence import Diverged, is_finite
from tui_lab.training.evaluation import Table
from tui_lab.training.listening import Listener
from tui_lab.training.loop import NotFinite, Rows, epoch
from tui_lab.training.session import SPLITS, assemble
from tui_lab.training.telling import Teller

SAVE_SECONDS = 5.0


class Trainer:
    """Trains the Experiment of a run directory and writes there what happens."""

    def __init__(self, run: Run, record: Record) -> None:
        self.session = assemble(run.experiment)
        self.settings = self.session.experiment.training
        self.weights_file = run.file("weights.safetensors")
        self.best = Best(self.settings.early_stopping)
        self.epoch = self.step = 0
        """How many epochs and steps are done."""
        self.tell = Teller(run, record, self.session)
        self.listen = Listener(record, self._progress)
        self.saved_at = time.monotonic()

    def train(self) -> None:
        """All epochs, then the tables; the run directory says how it ended."""
        self.tell.started()
        try:
            why = self._epochs()
            state = "stopped" if self.listen.stop else "finished"
        except Diverged as error:
            state, why = "diverged", str(error)
        self._end(state, why)

    def _epochs(self) -> str:
        """Epoch after epoch; why they ended early, if there is something to say about it."""
        while self.epoch < self.settings.epochs and not self.listen.stop:
            lr, rows = self.session.lr, self.session.rows_in_order()
            if not self._train(rows):
                break
            self.epoch += 1
            validation_loss = self._evaluate(rows, lr)
            self._keep_best(validation_loss)
            self.session.end_epoch(validation_loss)
            if self.best.is_stale(self.epoch):
                return "early stopping: the validation loss no longer improves"
        return ""

    def _train(self, rows: Rows) -> bool:
        """One epoch, batch after batch; whether it came to its end before a request to stop."""
        session, on_cpu, done = self.session, self.session.device.type == "cpu", 0
        try:
            for done in epoch(session.step, rows, session.bounds, session.seen):
                self.step += 1
                if on_cpu:
                    self.tell.batch(self.step, session.seen.losses[done - 1])
                self.listen()
                if self.listen.stop:
                    break
        except NotFinite as error:
            raise self._diverged(done, error.loss, rows) from None
        if not on_cpu:
            self._tell_batches(done, rows)
        return done == len(session.bounds)

    def _tell_batches(self, done: int, rows: Rows) -> None:
        """Reads the epoch's losses when it is over, so that it need not wait for the device."""
        for index, loss in enumerate(self.session.seen.losses[:done].tolist()):
            if not math.isfinite(loss):
                raise self._diverged(index, loss, rows)
            self.tell.batch(self.epoch * len(self.session.bounds) + index + 1, loss)

    def _diverged(self, index: int, loss: float, rows: Rows) -> Diverged:
        start, stop = self.session.bounds[index]
        step = self.epoch * len(self.session.bounds) + index + 1
        self.tell.gap(step)
        what = f"the loss became {loss} at step {step} (epoch {self.epoch + 1}, batch {index + 1})"
        return Diverged(what, self.session.network, rows.x[start:stop])

    def _evaluate(self, rows: Rows, lr: float) -> float:
        """Tells how the epoch went on train and validation; the validation loss."""
        session, validation = self.session, self.session.rows["validation"]
        trained = session.judge.brief(session.seen.outputs, rows.y[: len(session.seen.outputs)])
        found = session.judge.brief(session.outputs("validation"), validation.y)
        loss = found["loss"]
        if not math.isfinite(loss) or not is_finite(session.network):
            what = f"the validation loss became {loss} in epoch {self.epoch}"
            raise Diverged(what, session.network, validation.x)
        self.tell.epoch(self.epoch, lr, trained, found)
        return loss

    def _keep_best(self, validation_loss: float) -> None:
        """Remembers the weights if they are the best so far; now and then saves them as well."""
        better = self.best.keep(self.epoch, validation_loss, self.session.network)
        if better and time.monotonic() - self.saved_at > SAVE_SECONDS:
            save_weights(self.session.network, self.weights_file, self.session.about)
            self.saved_at = time.monotonic()

    def _end(self, state: str, why: str) -> None:
        """The best weights and, unless the training diverged, how good they are on every split."""
        self.best.restore(self.session.network)
        tables: dict[str, Table] = {}
        if state != "diverged":
            tables = {split: self.session.table(split) for split in SPLITS}
        if tables or self.best.epoch:
            save_weights(self.session.network, self.weights_file, self.session.about)
        self.tell.ended(state, why, self.best.epoch, tables, self._progress())

    def _progress(self) -> dict[str, object]:
        return self.tell.progress(self.epoch, self.step, self.listen.rested)


def warm_up() -> None:
    """Trains the default preset for an epoch, so that nothing is slow the first time after."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        save_preset(load_preset(DEFAULT, ("training.epochs=1",)), run.file("experiment.yaml"))
        Trainer(run, Record(run)).train()
