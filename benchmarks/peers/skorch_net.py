"""skorch, as its guide writes it, without printing."""

import torch
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.dataset import Dataset
from skorch.helper import predefined_split

from benchmarks.tasks import Quality, Task


def train(task: Task, epochs: int) -> Quality:
    kind = NeuralNetClassifier if task.has_classes else NeuralNetRegressor
    net = kind(
        task.network(),
        criterion=type(task.loss()),
        optimizer=torch.optim.Adam if task.is_adam else torch.optim.SGD,
        lr=task.lr,
        **({} if task.is_adam else {"optimizer__momentum": 0.9}),
        batch_size=task.batch_size,
        iterator_train__shuffle=True,
        train_split=predefined_split(Dataset(task.held_x, task.held_y)),
        max_epochs=epochs,
        verbose=0,
    )
    net.fit(task.x, task.y)
    return task.quality(net.forward(task.held_x))
