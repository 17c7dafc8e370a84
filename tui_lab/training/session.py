"""From an Experiment to everything that a training works with, on its device."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tui_lab.data.prepare import prepare
from tui_lab.data.prepared import Prepared, Split
from tui_lab.errors import BadInput
from tui_lab.experiment.advice import advice, completed, memory_needed, network_of
from tui_lab.experiment.augmentation import Mixup
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.network import Network
from tui_lab.experiment.preparation import SavedPreparation
from tui_lab.experiment.steering import steered
from tui_lab.runs.confusion import MOST_CLASSES, Confusion
from tui_lab.training import device as devices
from tui_lab.training import memory
from tui_lab.training.augment import Augment, build_augment
from tui_lab.training.engines.choosing import choose_engine
from tui_lab.training.engines.engine import Engine
from tui_lab.training.evaluation import Judge, Table, baseline_of
from tui_lab.training.loop import CPU, Bounds, Entering, Rows, Seen, Shuffled, Step, batches
from tui_lab.training.network import build
from tui_lab.training.objective import build_loss, build_optimizer, build_schedule
from tui_lab.training.shuffler import Shuffler
from tui_lab.training.tensor_file import sha256
from tui_lab.training.transfer import Loaded, load

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Session:
    """One training's parts; what moves while it runs is inside of them."""

    experiment: Experiment
    net: Network
    rows: dict[str, Rows]
    """The splits."""
    judge: Judge
    device: torch.device
    why_device: str
    threads: int
    bounds: Bounds
    """Where the batches of an epoch start and end."""
    step: Step
    engine: Engine
    """What trains the batches."""
    why_engine: str
    schedule: Any
    """From `torch.optim.lr_scheduler`, or None."""
    augment: Augment | None
    """What an epoch's rows go through before they enter; None leaves them as they are."""
    shuffler: Shuffler
    """Draws the order of the training rows; augmentation draws from its generator, too."""
    seen: Seen
    """Room on the device for what the batches of an epoch leave."""
    saved: SavedPreparation
    """How the data was prepared."""
    loaded: Loaded | None
    """Which weights it began with; None if only with random ones."""

    @property
    def network(self) -> nn.Module:
        """The network as it is now."""
        return self.step.network

    @cached_property
    def data_sha256(self) -> str:
        """Of all three splits as they enter the network, and of what their numbers stand for."""
        numbers = {f"{name}.{key}": x.cpu() for name, split in self.rows.items()
                   for key, x in vars(split).items()}  # fmt: skip
        return sha256(numbers, self.saved.model_dump_json())

    @property
    def lr(self) -> float:
        """The learning rate as it is now; 0 if nothing moves."""
        optimizer = self.step.optimizer
        return float(optimizer.param_groups[0]["lr"]) if optimizer else 0.0

    @property
    def about(self) -> dict[str, Any]:
        """What a file of its weights says of them, so that it explains itself."""
        layers = [row.layer.written(short=False) for row in self.net.rows]
        told = self.saved.model_dump(include={"task", "target", "classes"})
        return {"layers": layers, "enters": self.net.enters, **told}

    def rows_in_order(self) -> Entering:
        """The training rows in this epoch's order, and augmented, if that is asked for."""
        rows: Entering = self.rows["train"]
        if self.experiment.dataset.shuffle:
            rows = Shuffled(self.rows["train"], self.shuffler.order())
        if self.augment is not None:
            rows = self.augment(rows.part(0, self.bounds[-1][1]), self.shuffler.random)
        return rows

    def outputs(self, split: str) -> torch.Tensor:
        """What the network gives for a split in eval mode."""
        return self.engine.predict(self.rows[split].x)

    def trained(self, rows: Entering) -> dict[str, float]:
        """The loss and the metric of an epoch's rows, each when its batch was trained."""
        if found := self.engine.trained(rows, self.seen):
            return self.judge.told(found)
        outputs = self.seen.outputs
        return self.judge.brief(outputs, rows.targets(len(outputs)))

    def validated(self) -> dict[str, float]:
        """The same of the validation rows, by the network as it is now."""
        rows = self.rows["validation"]
        if found := self.engine.validated(rows):
            return self.judge.told(found)
        return self.judge.brief(self.engine.predict(rows.x), rows.y)

    def table(self, split: str) -> Table:
        """Every metric of the network as it is now, on a split."""
        return self.judge.table(self.outputs(split), self.rows[split].y)

    def confusion(self) -> Confusion | None:
        """The test rows' confusion matrix; None without classes, or with too many to read."""
        classes = self.judge.facts.classes
        if not 0 < len(classes) <= MOST_CLASSES:
            return None
        counts = self.judge.confusion(self.outputs("test"), self.rows["test"].y)
        return Confusion(classes=list(classes), counts=counts)

    def end_epoch(self, validation_loss: float) -> None:
        """Moves a schedule that moves once an epoch."""
        if self.schedule is None or self.step.each_batch is not None:
            return
        if isinstance(self.schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            self.schedule.step(validation_loss)
        else:
            self.schedule.step()


def assemble(
    asked: Experiment,
    folder: Path,
    changes: Iterable[str] = (),
    on: str = "",
    engine: str = "",
    data: Prepared | None = None,
) -> Session:
    """Reads the data and builds the network, which the seed decides; `BadInput` if it can't be.

    First weights lie in the run's `folder`; `changes` were made since the training began, `on` the
    device `on` by the engine `engine`. `data` is its dataset, where that was prepared before.
    """
    devices.checked(asked.training.device)
    data = data or prepare(asked.dataset)
    begun, loss = _completed(asked, data.facts)
    experiment = steered(begun, changes)
    net = network_of(experiment, data.facts)
    batch_rows = min(experiment.dataset.batch_size, len(data.train.y))
    memory.refuse_too_large(sum(memory_needed(experiment, data.facts, net)))
    threads = devices.set_threads(net, batch_rows)

    devices.seed(experiment.training.seed)
    on_cpu = Step(build(net), build_loss(loss, CPU), optimizer=None)
    loaded = load(on_cpu.network, net, experiment.weights, folder)
    rows = {name: _rows(getattr(data, name), net, loss) for name in SPLITS}
    first = Rows(rows["train"].x[:batch_rows], rows["train"].y[:batch_rows])
    device, why = devices.choose(on or experiment.training.device, on_cpu, first)
    bounds = _bounds(on_cpu.network, len(rows["train"].y), batch_rows)
    step, schedule = _step(experiment, on_cpu, device, len(bounds), loaded)
    wanted = engine or experiment.training.engine
    trains, why_engine = choose_engine(wanted, net, step, bounds, mixes(experiment))
    augment = build_augment(experiment.augmentation, data, batch_rows, device)
    return Session(
        experiment=experiment,
        net=net,
        rows={name: split.to(device) for name, split in rows.items()},
        judge=_judge(loss, data, rows["train"]),
        device=device,
        why_device=why,
        threads=threads,
        bounds=bounds,
        step=step,
        engine=trains,
        why_engine=why_engine,
        schedule=schedule,
        augment=augment,
        shuffler=Shuffler(
            len(rows["train"].y), device, experiment.training.seed, is_alone=augment is None
        ),
        seen=Seen.room(bounds, net.leaves, device),
        saved=data.saved,
        loaded=loaded,
    )


def _completed(asked: Experiment, facts: Facts) -> tuple[Experiment, Loss]:
    experiment = completed(asked, facts)
    alone = experiment.replace(weights=None)  # the run's own copy is what is looked at
    errors = [item.sentence for item in advice(alone, facts) if item.error]
    if errors or experiment.loss is None:
        raise BadInput(errors[0])
    return experiment, experiment.loss


def _rows(split: Split, net: Network, loss: Loss) -> Rows:
    x, y = torch.from_numpy(split.x).reshape(-1, *net.enters), torch.from_numpy(split.y)
    return Rows(x, y.float() if loss.targets == "one number" else y)


def _judge(loss: Loss, data: Prepared, train: Rows) -> Judge:
    units = data.preparation.target_mean, data.preparation.target_deviation
    return Judge(loss, data.facts, *units, baseline_of(train.y, data.facts, *units))


def _bounds(network: nn.Module, rows: int, batch_rows: int) -> list[tuple[int, int]]:
    """BatchNorm can't train on one row; with shuffling, another row sits out each epoch."""
    has_norm = any(isinstance(module, _BatchNorm) for module in network.modules())
    return batches(rows, batch_rows, at_least=2 if has_norm else 1)


def _step(
    experiment: Experiment,
    on_cpu: Step,
    device: torch.device,
    steps: int,
    loaded: Loaded | None,
) -> tuple[Step, Any]:
    """The training step on `device`, and the schedule of its learning rate."""
    network, settings = on_cpu.network.to(device), experiment.training
    optimizer = build_optimizer(experiment.optimizer, network, *(loaded.slow if loaded else ()))
    schedule = build_schedule(experiment.schedule, optimizer, settings.epochs, steps)
    each_batch = schedule is not None and moves_each_batch(experiment)
    loss = on_cpu.loss.to(device)
    move = schedule.step if each_batch else None
    return Step(network, loss, optimizer, settings.clip_grad_norm, move), schedule


def mixes(experiment: Experiment) -> bool:
    """Whether every batch has other targets beside its own."""
    return any(isinstance(kind, Mixup) for kind in experiment.augmentation)


def moves_each_batch(experiment: Experiment) -> bool:
    """Whether the schedule moves the learning rate after each batch, not after each epoch."""
    return experiment.schedule is not None and experiment.schedule.every == "batch"
