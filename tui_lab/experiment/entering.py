"""Which columns of a table enter: those of the right kind, or those that were asked for."""

from collections.abc import Mapping

from tui_lab.experiment.dataset import Csv, Dataset

LEARNED = ("numbers", "words")
"""The kinds of columns that enter unless others are asked for."""
REASONS = {
    "names": "its texts differ in most rows, like names",
    "dates": "it holds dates or times of day",
    "identifier": "it tells rows apart and nothing else",
    "constant": "it is the same in all rows",
    "empty": "it is empty",
}


def why_not(dataset: Dataset, name: str, kind: str) -> str:
    """Why a column of this kind does not enter; empty if it does, or is the target."""
    if not isinstance(dataset, Csv) or name == dataset.target:
        return ""
    if name == dataset.split_column:
        return "it says which split a row is in"
    if dataset.columns is not None:
        return "" if name in dataset.columns else "it was taken out"
    return REASONS.get(kind, "")


def toggled(dataset: Csv, kinds: Mapping[str, str], name: str) -> Csv:
    """With a column taken in, or out; the last one stays."""
    chosen = set(_entering(dataset, kinds)) ^ {name}
    return _with(dataset, kinds, chosen) if chosen else dataset


def aimed(dataset: Csv, kinds: Mapping[str, str], target: str) -> Csv:
    """With another target; what was the target before enters, if one can learn from it."""
    chosen = set(_entering(dataset, kinds)) - {target}
    if kinds.get(dataset.target) in LEARNED:
        chosen |= {dataset.target} - {target}
    return _with(dataset.replace(target=target, task="auto"), kinds, chosen)


def _entering(dataset: Csv, kinds: Mapping[str, str]) -> list[str]:
    others = [name for name in kinds if name != dataset.target]
    return [name for name in others if not why_not(dataset, name, kinds[name])]


def _with(dataset: Csv, kinds: Mapping[str, str], chosen: set[str]) -> Csv:
    """Nothing is written down where the usual columns are chosen, so that presets stay short."""
    usual = dataset.replace(columns=None)
    if chosen == set(_entering(usual, kinds)):
        return usual
    return dataset.replace(columns=tuple(name for name in kinds if name in chosen) or None)
