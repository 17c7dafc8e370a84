"""jax: a whole epoch as one jitted scan over the batches."""

from functools import partial

import jax
import jax.numpy as jnp
from torch import nn

from benchmarks.tasks import Quality, Task


def train(task: Task, epochs: int) -> Quality:
    layers = [layer for layer in task.network() if isinstance(layer, nn.Linear)]
    params = [_first(layer) for layer in layers]
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, zeros, 0)
    x, held = (jnp.asarray(part.flatten(1).numpy()) for part in (task.x, task.held_x))
    y = jnp.asarray(task.y.numpy())
    settings = (task.batch_size, task.lr, task.is_adam, task.has_classes)
    for number in range(epochs):
        order = jax.random.permutation(jax.random.key(number), len(x))
        state = _epoch(state, x[order], y[order], settings)
        quality = task.quality(_forward(state[0], held))
    return quality


def _first(layer):
    weight, bias = (jnp.asarray(numbers.detach().numpy()) for numbers in layer.parameters())
    return weight.T, bias


@jax.jit
def _forward(params, x):
    for weight, bias in params[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    return x @ params[-1][0] + params[-1][1]


def _loss(params, x, y, has_classes):
    outputs = _forward(params, x)
    if not has_classes:
        return ((outputs - y) ** 2).mean()
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], 1).mean()


@partial(jax.jit, static_argnums=3)
def _epoch(state, x, y, settings):
    batch_size, lr, is_adam, has_classes = settings
    whole = len(x) // batch_size

    def step(state, batch):
        params, first, second, count = state
        grads = jax.grad(_loss)(params, *batch, has_classes)
        count = count + 1
        if is_adam:
            return _adam(params, first, second, count, grads, lr), None
        first = jax.tree.map(lambda m, g: 0.9 * m + g, first, grads)
        return (jax.tree.map(lambda p, m: p - lr * m, params, first), first, second, count), None

    def batched(rows):
        return rows[: whole * batch_size].reshape(whole, batch_size, *rows.shape[1:])

    state, _ = jax.lax.scan(step, state, (batched(x), batched(y)))
    rest = x[whole * batch_size :], y[whole * batch_size :]
    return step(state, rest)[0] if len(rest[0]) else state


def _adam(params, first, second, count, grads, lr):
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)

    def moved(p, m, v):
        return p - lr * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)

    return jax.tree.map(moved, params, first, second), first, second, count
