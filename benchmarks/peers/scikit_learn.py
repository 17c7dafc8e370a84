"""scikit-learn's MLPClassifier and MLPRegressor, an epoch a call."""

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.tasks import Quality, Task


def train(task: Task, epochs: int) -> Quality:
    network = _network(task)
    x, held = task.x.flatten(1).numpy(), task.held_x.flatten(1).numpy()
    y = task.y.numpy()
    for _ in range(epochs):
        if task.has_classes:
            network.partial_fit(x, y, classes=np.arange(task.sizes[-1]))
            outputs = np.log(network.predict_proba(held) + 1e-12)
        else:
            network.partial_fit(x, y.ravel())
            outputs = network.predict(held)[:, None]
        quality = task.quality(outputs.astype(np.float32))
    return quality


def _network(task: Task) -> Any:
    kind = MLPClassifier if task.has_classes else MLPRegressor
    return kind(
        hidden_layer_sizes=task.sizes[1:-1],
        solver="adam" if task.is_adam else "sgd",
        learning_rate_init=task.lr,
        momentum=0.9,
        nesterovs_momentum=False,
        alpha=0.0,
        batch_size=task.batch_size,
        random_state=1,
    )
