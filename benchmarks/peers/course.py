"""The loop of every course: DataLoader, zero_grad, backward, step."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.tasks import Quality, Task


def train(task: Task, epochs: int, compiled: bool = False) -> Quality:
    network, loss = task.network(), task.loss()
    forward = torch.compile(network) if compiled else network
    optimizer = task.optimizer(network.parameters())
    loader = DataLoader(TensorDataset(task.x, task.y), batch_size=task.batch_size, shuffle=True)
    held = DataLoader(TensorDataset(task.held_x, task.held_y), batch_size=1000)
    for _ in range(epochs):
        network.train()
        total = 0.0
        for inputs, targets in loader:
            optimizer.zero_grad()
            found = loss(forward(inputs), targets)
            found.backward()
            optimizer.step()
            total += found.item() * len(inputs)
        quality = validated(task, network, held)
    return quality


def validated(task: Task, network: nn.Module, held: DataLoader) -> Quality:
    network.eval()
    with torch.no_grad():
        return task.quality(torch.cat([network(inputs) for inputs, _ in held]))
