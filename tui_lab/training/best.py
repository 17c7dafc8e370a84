"""The weights of the best epoch so far, by validation loss."""

from torch import Tensor, nn

from tui_lab.experiment.experiment import EarlyStopping
from tui_lab.runs.checkpoints import Score
from tui_lab.training.engines.engine import Engine, Named


class Best:
    """Keeps the weights of the epoch with the least validation loss."""

    def __init__(self, stopping: EarlyStopping | None) -> None:
        self.stopping = stopping
        self.score = Score()
        self.copy: Named | None = None
        """Gives the weights; before there is a best epoch there are none."""

    @property
    def epoch(self) -> int:
        """The best epoch, 0 before there is one."""
        return self.score.epoch

    @property
    def weights(self) -> dict[str, Tensor] | None:
        """The weights of the best epoch by their names in the network."""
        return self.copy() if self.copy else None

    def keep(self, epoch: int, validation_loss: float, engine: Engine) -> bool:
        """Copies the network's weights if this epoch is better; whether it was."""
        score, min_delta = self.score, self.stopping.min_delta if self.stopping else 0.0
        if validation_loss < score.reference - min_delta:
            score.improved, score.reference = epoch, validation_loss
        better = validation_loss < score.loss
        if better:
            score.epoch, score.loss = epoch, validation_loss
            self.copy = engine.copied_weights()
        return better

    def is_stale(self, epoch: int) -> bool:
        """Whether early stopping says that waiting longer is in vain."""
        return self.stopping is not None and epoch - self.score.improved >= self.stopping.patience

    def restore(self, network: nn.Module) -> None:
        """Gives the best weights back to the network; without any, it keeps those that it has."""
        if self.copy is not None:
            network.load_state_dict(self.copy())

    def restore_state(self, score: Score, weights: dict[str, Tensor]) -> None:
        """Knows again what it knew when a checkpoint was written."""
        self.score, self.copy = score, (lambda: weights) if weights else None
