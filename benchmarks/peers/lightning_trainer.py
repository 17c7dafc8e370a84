"""Lightning, with its bars, logs and checkpoints switched off."""

import logging
import warnings

import lightning
import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.tasks import Quality, Task

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Module(lightning.LightningModule):
    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task, self.network, self.loss = task, task.network(), task.loss()

    def training_step(self, batch, index):
        inputs, targets = batch
        return self.loss(self.network(inputs), targets)

    def validation_step(self, batch, index):
        inputs, targets = batch
        self.log("loss", self.loss(self.network(inputs), targets))

    def configure_optimizers(self):
        return self.task.optimizer(self.network.parameters())


def train(task: Task, epochs: int) -> Quality:
    module = Module(task)
    rows = TensorDataset(task.x, task.y), TensorDataset(task.held_x, task.held_y)
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    loaders = (
        DataLoader(rows[0], batch_size=task.batch_size, shuffle=True),
        DataLoader(rows[1], batch_size=1000),
    )
    trainer.fit(module, *loaders)
    with torch.no_grad():
        return task.quality(module.network(task.held_x))
