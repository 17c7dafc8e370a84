"""A run's network as training left it, from the raw columns to what its outputs mean."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor, nn

from tui_lab.errors import BadInput
from tui_lab.experiment.advice import completed, network_of
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.network import Network
from tui_lab.experiment.preparation import SavedPreparation, read_preparation
from tui_lab.runs.run import Run
from tui_lab.training.network import build
from tui_lab.training.tensor_file import Tensors, read_tensors


class Answers(nn.Module):
    """Raw rows in, answers out: the preparation, the network, and what its outputs mean."""

    fill: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(
        self, network: nn.Module, net: Network, loss: Loss, saved: SavedPreparation
    ) -> None:
        super().__init__()
        self.network, self.enters, self.loss, self.saved = network, net.enters, loss, saved
        for name in ("fill", "mean", "deviation"):
            self.register_buffer(name, torch.tensor(getattr(saved, name), dtype=torch.float64))
        self.deviation[self.deviation == 0] = torch.inf  # a constant column enters as 0

    def prepared(self, rows: Tensor) -> Tensor:
        """(rows, numbers) float64 with NaN for what is missing -> samples, float32."""
        full = torch.where(torch.isnan(rows), self.fill, rows)
        scaled = (full - self.mean) / self.deviation
        return scaled.float().reshape(-1, *self.enters)

    def forward(self, rows: Tensor) -> dict[str, Tensor]:
        """(rows, numbers) float64 -> `outputs` and `probabilities` (rows, classes) or `values`."""
        return self.meaning(self.network(self.prepared(rows)))

    def meaning(self, outputs: Tensor) -> dict[str, Tensor]:
        """The network's outputs, beside the classes' probabilities or values (rows,) in units."""
        if not self.saved.classes:
            values = outputs.flatten().double()
            values = values * self.saved.target_deviation + self.saved.target_mean
            return {"outputs": outputs, "values": values}
        return {"outputs": outputs, "probabilities": self._probabilities(outputs)}

    def _probabilities(self, outputs: Tensor) -> Tensor:
        if self.loss.targets == "classes":
            return outputs.softmax(dim=1)
        one = outputs.reshape(-1, 1)
        one = one if self.loss.wants == "probabilities" else one.sigmoid()
        return torch.cat([1 - one, one], dim=1)


@dataclass(frozen=True)
class Trained:
    """A run's network with its best weights, on the CPU in eval mode."""

    net: Network
    loss: Loss
    saved: SavedPreparation
    network: nn.Sequential

    @cached_property
    def answers(self) -> Answers:
        """The network from the raw columns on."""
        return Answers(self.network, self.net, self.loss, self.saved).eval()


def trained(run: Run) -> Trained:
    """The network of a run; `BadInput` if anything of it is missing, damaged or doesn't fit."""
    saved = read_preparation(run.file("preparation.json"))
    tensors, _ = read_tensors(run.file("weights.safetensors"))
    experiment = completed(run.experiment, saved.facts)
    net = network_of(experiment, saved.facts)
    if net.error:
        raise BadInput(f"its layers don't fit its data: {net.error}", run.file("experiment.yaml"))
    return Trained(net, cast("Loss", experiment.loss), saved, _loaded(net, tensors, run))


def _loaded(net: Network, tensors: Tensors, run: Run) -> nn.Sequential:
    with torch.device("meta"):  # no memory is taken before the weights are known to fit
        network = build(net)
    try:
        network.load_state_dict(tensors, assign=True)
    except RuntimeError:
        sentence = "doesn't fit the layers in the run's experiment.yaml"
        raise BadInput(sentence, run.file("weights.safetensors")) from None
    return network.eval().requires_grad_(False)
