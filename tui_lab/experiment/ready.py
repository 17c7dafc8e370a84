"""Everything that can be known to be wrong before anything is written."""

from dataclasses import dataclass

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.advice import Advice, advice, completed, network_of
from tui_lab.experiment.dataset import Csv, Dataset, Facts, serious_first
from tui_lab.experiment.device import surely_missing
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.network import Network
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.presets import Preset
from tui_lab.experiment.suggested import sweep_of, unfit_metric


@dataclass(frozen=True)
class Ready:
    """A completed Experiment, what forbids training it, and what misleads."""

    experiment: Experiment
    network: Network
    errors: tuple[BadInput, ...]
    notes: tuple[str, ...]
    is_classification: bool


def ready(preset: Preset) -> Ready:
    """A preset looked at with its data; `BadInput` for data or a device that is no good."""
    facts = _facts(preset)
    experiment = completed(preset.experiment, facts)
    device = experiment.training.device
    if surely_missing(device):
        raise preset.bad(f'there is no device "{device}" here', ("training", "device"))
    found = advice(experiment, facts)
    errors = [_placed(preset, item) for item in found if item.error]
    notes = [visible(note) for note in serious_first((facts.why, *facts.notes))]
    notes += [str(_placed(preset, item)) for item in found if not item.error]
    net = network_of(experiment, facts)
    return Ready(experiment, net, tuple(errors), tuple(notes), bool(facts.classes))


def ready_to_sweep(preset: Preset, prepared: Ready) -> Experiment:
    """The completed Experiment with a sweep that suits its task; `BadInput` if there is none."""
    if prepared.errors:
        raise prepared.errors[0]
    experiment = prepared.experiment
    sweep = sweep_of(experiment)
    if told := unfit_metric(sweep, prepared.is_classification):
        raise preset.bad(told, ("sweep", "metric"))
    return experiment.replace(sweep=sweep)


def _placed(preset: Preset, item: Advice) -> BadInput:
    return preset.bad(item.told, item.at)


def _facts(preset: Preset) -> Facts:
    """What is known of the data, after splitting it as training will."""
    dataset = preset.experiment.dataset
    try:
        return dataset.facts()
    except BadInput as error:
        if not preset.places:  # an Experiment on a file alone: the sentence says where
            raise
        raise preset.bad(str(error), ("dataset", _part(dataset, str(error)))) from None


def _part(dataset: Dataset, sentence: str) -> str:
    """The setting of a dataset that a sentence about it speaks of."""
    if isinstance(dataset, Pictures):
        return "pictures"
    if not isinstance(dataset, Csv):
        return "rows"
    return "target" if f'"{visible(dataset.target, 60)}"' in sentence else "csv"
