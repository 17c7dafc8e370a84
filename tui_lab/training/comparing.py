"""Whether an exported network still answers as the run itself does."""

import numpy as np
import torch
from torch import Tensor

from tui_lab.data.fitting import Preparation
from tui_lab.data.numbers import numbers
from tui_lab.errors import Failure
from tui_lab.experiment.preparation import SavedPreparation
from tui_lab.experiment.work import rows_at_once
from tui_lab.runs.run import Run
from tui_lab.training.loop import predict
from tui_lab.training.own_rows import own_test_rows
from tui_lab.training.trained import Trained

TOLERANCE = 1e-5
MOST_ROWS = 1000


def rows_to_compare(run: Run, saved: SavedPreparation) -> Tensor:
    """(rows, numbers) float64: test rows as read, or drawn ones if the data isn't there as it was.

    The last row is empty, so that filling is compared as well.
    """
    tested = own_test_rows(run, saved)
    if tested:
        rows = numbers(tested[0].head(MOST_ROWS), saved.columns)
    else:
        rows = np.random.default_rng(0).normal(saved.mean, saved.deviation, (100, len(saved.mean)))
    empty = np.full((1, len(saved.mean)), np.nan)
    return torch.from_numpy(np.concatenate([rows, empty]))


def own_answers(trained: Trained, rows: Tensor) -> dict[str, Tensor]:
    """What the run gives for raw rows, prepared as for training."""
    saved = trained.saved
    fitted = Preparation(
        np.array(saved.fill), np.array(saved.mean), np.array(saved.deviation),
        saved.target_mean, saved.target_deviation,
    )  # fmt: skip
    x = torch.from_numpy(fitted.x(rows.numpy())).reshape(-1, *trained.net.enters)
    return trained.answers.meaning(predict(trained.network, x, rows_at_once(trained.net)))


def refuse_different(given: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """`Failure` if an output is missing or off by more than 1e-5, relative to the largest."""
    for name, right in expected.items():
        if name not in given or not _same(given[name].double(), right.double()):
            raise Failure(f"the exported {name} differ from the run's own; nothing is written")


def _same(given: Tensor, right: Tensor) -> bool:
    largest = max(1.0, float(right.nan_to_num(0, 0, 0).abs().max()))
    return given.shape == right.shape and torch.allclose(
        given, right, rtol=0, atol=TOLERANCE * largest, equal_nan=True
    )
