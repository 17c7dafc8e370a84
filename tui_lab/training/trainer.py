"""One training from beginning to end: data, network, epochs, the best weights, the tables."""

import copy
import json
import math
import signal
import time
from typing import Any

import torch
from safetensors.torch import save as to_safetensors

from tui_lab.data.prepare import Prepared, Split, prepare
from tui_lab.errors import BadInput
from tui_lab.experiment.advice import advice, completed, network_of
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import BatchNorm1d, BatchNorm2d
from tui_lab.experiment.presets import write_file
from tui_lab.runs.record import Record
from tui_lab.runs.run import Run
from tui_lab.training import device as devices
from tui_lab.training import evaluation
from tui_lab.training.loop import Rows, Step, batches, epoch, mean_loss, predict
from tui_lab.training.network import build
from tui_lab.training.objective import build_loss, build_optimizer, build_schedule, shaped

BATCH_EVENTS = 2000
"""At most about so many batch events a run."""
SAVE_SECONDS = 5.0


class Diverged(Exception):
    """The loss is no longer a number."""


class Trainer:
    """Trains the Experiment of a run directory and writes there what happens."""

    def __init__(self, run: Run, record: Record) -> None:
        self.run, self.record = run, record
        data = prepare(run.experiment.dataset)
        self.facts = data.facts
        self.experiment = _checked(completed(run.experiment, data.facts), data)
        self.settings = self.experiment.training
        self.net = network_of(self.experiment, self.facts)
        self.scaling = (data.preparation.target_mean, data.preparation.target_deviation)
        self._build(data)
        self.best: dict[str, Any] = {"epoch": 0, "loss": math.inf, "weights": None}
        self.stop = self.paused = False
        self.epoch = self.step = 0
        signal.signal(signal.SIGTERM, self._on_signal)

    def _build(self, data: Prepared) -> None:
        """Network, loss and rows on the device; the seed decides the weights."""
        torch.manual_seed(self.settings.seed)
        network = build(self.net)
        loss = build_loss(self.loss, torch.device("cpu"))
        splits = {name: self._rows(getattr(data, name)) for name in ("train", "validation", "test")}
        size = self.experiment.dataset.batch_size
        self.threads = devices.set_threads(network, size)
        trial = Step(network, loss, None)
        self.device, self.why_device = devices.choose(
            self.settings.device, trial, splits["train"], size
        )
        self.splits = {
            name: Rows(rows.x.to(self.device), rows.y.to(self.device))
            for name, rows in splits.items()
        }
        has_norm = any(isinstance(x, (BatchNorm1d, BatchNorm2d)) for x in self.layers)
        self.bounds = batches(len(self.splits["train"].y), size, 2 if has_norm else 1)
        if not self.bounds:
            raise BadInput("BatchNorm needs at least 2 rows to train on")
        optimizer = build_optimizer(self.experiment.optimizer, network.to(self.device))
        self.schedule = build_schedule(
            self.experiment.schedule, optimizer, self.settings.epochs, len(self.bounds)
        )
        each_batch = self._each_batch()
        self.training_step = Step(
            network, loss.to(self.device), optimizer, self.settings.clip_grad_norm, each_batch
        )
        self.generator = torch.Generator().manual_seed(self.settings.seed)

    @property
    def loss(self) -> Any:
        """The loss's settings."""
        return self.experiment.loss

    @property
    def layers(self) -> Any:
        """The layers' settings."""
        return self.experiment.layers

    def _rows(self, split: Split) -> Rows:
        x = torch.from_numpy(split.x).reshape(-1, *self.net.enters)
        y = torch.from_numpy(split.y)
        return Rows(x, y.float() if self.loss.targets == "one number" else y)

    def _each_batch(self) -> Any:
        scheduled = self.experiment.schedule
        return self.schedule.step if scheduled and scheduled.every == "batch" else None

    def _on_signal(self, number: int, frame: object) -> None:
        self.stop = True

    def train(self) -> None:
        """All epochs, then the tables; the run directory says how it ended."""
        self.started = time.monotonic()
        self.record.event(
            "started",
            device=str(self.device), why_device=self.why_device, threads=self.threads,
            parameters={"total": self.net.total, "trainable": self.net.trainable},
            rows={name: len(rows.y) for name, rows in self.splits.items()},
            epochs=self.settings.epochs, batches=len(self.bounds),
        )  # fmt: skip
        self._status(state="running")
        try:
            self._epochs()
        except Diverged as error:
            self._end("diverged", str(error))
        else:
            self._end("stopped" if self.stop else "finished", self.why_ended)

    def _epochs(self) -> None:
        self.why_ended = ""
        self.saved_at = time.monotonic()
        while self.epoch < self.settings.epochs and not self.stop:
            self._one_epoch()
            if self._is_stale():
                self.why_ended = "early stopping: the validation loss no longer improves"
                return

    def _one_epoch(self) -> None:
        """One epoch: training, validation, schedule, event."""
        done, outputs = 0, list[torch.Tensor]()
        losses = torch.empty(len(self.bounds), device=self.device)
        told = 0
        on_cpu = self.device.type == "cpu"
        shuffle = self.experiment.dataset.shuffle
        for done in epoch(
            self.training_step, self.splits["train"], self.bounds, losses, outputs, shuffle,
            self.generator,
        ):  # fmt: skip
            self.step += 1
            if on_cpu:
                told = self._tell_batches(losses, told, done)
            self._listen(done)
            if self.stop:
                break
        self._tell_batches(losses, told, done)
        if done == len(self.bounds):
            self._finish_epoch(losses, outputs)

    def _tell_batches(self, losses: torch.Tensor, told: int, done: int) -> int:
        """Batch events up to `done`; `Diverged` at the first loss that is not a number."""
        every = -(-len(self.bounds) * self.settings.epochs // BATCH_EVENTS)
        for index, value in enumerate(losses[told:done].tolist(), start=told):
            step = self.epoch * len(self.bounds) + index + 1
            if not math.isfinite(value):
                self.record.event("batch", step=step, loss=None)
                raise Diverged(
                    f"the loss became {value} at step {step} (epoch {self.epoch + 1}, batch "
                    f"{index + 1}); try a smaller lr, or clip_grad_norm"
                )
            if step % every == 0 or step == 1:
                self.record.event("batch", step=step, loss=value)
        return done

    def _listen(self, batch: int) -> None:
        """Heartbeat and requests, between batches; waits here while paused."""
        while True:
            for request in self.record.requests():
                self._obey(request)
            self.record.beat(**self._progress(batch))
            if not self.paused or self.stop:
                return
            time.sleep(0.02)

    def _obey(self, request: dict[str, Any]) -> None:
        asked = request.get("do")
        if asked == "stop":
            self.stop = True
        elif asked in ("pause", "resume"):
            self.paused = asked == "pause"
            self._status(state="paused" if self.paused else "running")

    def _progress(self, batch: int = 0) -> dict[str, object]:
        seconds = time.monotonic() - self.started
        return {
            "epoch": self.epoch,
            "epochs": self.settings.epochs,
            "batch": batch,
            "batches": len(self.bounds),
            "seconds": round(seconds, 3),
            "steps_per_second": round(self.step / max(seconds, 1e-9), 1),
            "memory": devices.memory(self.device),
        }

    def _status(self, **fields: object) -> None:
        self.record.status(**self._progress(), device=str(self.device), **fields)

    def _finish_epoch(self, losses: torch.Tensor, outputs: list[torch.Tensor]) -> None:
        self.epoch += 1
        lr = self._lr()
        train_loss = mean_loss(losses, self.bounds)
        *given, targets = outputs
        metric = self._watched(torch.cat(given), targets)
        validation = self.splits["validation"]
        shown = shaped(predict(self.training_step.network, validation.x), validation.y)
        validation_loss = float(self.training_step.loss(shown, validation.y))
        if not math.isfinite(validation_loss):
            raise Diverged(
                f"the validation loss became {validation_loss} in epoch {self.epoch}; "
                "try a smaller lr, or clip_grad_norm"
            )
        name = evaluation.main_metric(self.facts)
        self.record.event(
            "epoch", epoch=self.epoch, lr=lr,
            train={"loss": train_loss, name: metric},
            validation={"loss": validation_loss, name: self._watched(shown, validation.y)},
        )  # fmt: skip
        self._keep_best(validation_loss)
        self._step_schedule(validation_loss)

    def _watched(self, outputs: torch.Tensor, y: torch.Tensor) -> float:
        return evaluation.watched(outputs, y, self.facts, self.loss, self.scaling[1])

    def _lr(self) -> float:
        optimizer = self.training_step.optimizer
        return float(optimizer.param_groups[0]["lr"]) if optimizer else 0.0

    def _step_schedule(self, validation_loss: float) -> None:
        scheduled = self.experiment.schedule
        if self.schedule is None or scheduled is None or scheduled.every == "batch":
            return
        if isinstance(self.schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            self.schedule.step(validation_loss)
        else:
            self.schedule.step()

    def _keep_best(self, validation_loss: float) -> None:
        stopping = self.settings.early_stopping
        better = self.best["loss"] - (stopping.min_delta if stopping else 0.0)
        if validation_loss < better:
            self.best = {
                "epoch": self.epoch,
                "loss": validation_loss,
                "weights": copy.deepcopy(self.training_step.network.state_dict()),
            }
            if time.monotonic() - self.saved_at > SAVE_SECONDS:
                self._save_weights()

    def _save_weights(self) -> None:
        weights = self.best["weights"] or self.training_step.network.state_dict()
        on_cpu = {name: tensor.contiguous().cpu() for name, tensor in weights.items()}
        write_file(self.run.file("weights.safetensors"), to_safetensors(on_cpu))
        self.saved_at = time.monotonic()

    def _is_stale(self) -> bool:
        stopping = self.settings.early_stopping
        return stopping is not None and self.epoch - self.best["epoch"] >= stopping.patience

    def _end(self, state: str, why: str) -> None:
        """Best weights, tables, summary; then the state, so that whoever sees it finds all."""
        tables: dict[str, Any] = {}
        if self.best["weights"] is not None or state != "diverged":
            self._save_weights()
        if state != "diverged":
            tables = self._tables()
            self.record.event("tested", **tables)
        self.record.event("ended", state=state, why=why, best_epoch=self.best["epoch"])
        summary = {
            "parameters": {"total": self.net.total, "trainable": self.net.trainable},
            "seconds": round(time.monotonic() - self.started, 3),
            "device": str(self.device),
            "best_epoch": self.best["epoch"],
            "why": why,
            "averaging": evaluation.AVERAGING if self.facts.classes else None,
            **tables,
        }
        write_file(self.run.file("summary.json"), json.dumps(summary, indent=1).encode())
        self._status(state=state, why=why)

    def _tables(self) -> dict[str, evaluation.Table]:
        network = self.training_step.network
        if self.best["weights"] is not None:
            network.load_state_dict(self.best["weights"])
        baseline = evaluation.baseline_of(self.splits["train"].y, self.facts, self.scaling)
        return {
            name: evaluation.table(
                network,
                rows,
                self.training_step.loss,
                self.loss,
                self.facts,
                self.scaling,
                baseline,
            )
            for name, rows in self.splits.items()
        }


def _checked(experiment: Experiment, data: Prepared) -> Experiment:
    errors = [item for item in advice(experiment, data.facts) if item.error]
    if errors:
        raise BadInput(errors[0].sentence)
    return experiment


def warm_up() -> None:
    """Does the first of everything that is slow the first time, on a tiny network."""
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(layer.parameters(), fused=True)
    layer(torch.zeros(1, 2)).sum().backward()
    optimizer.step()
