"""The arrays of a large table as they enter, so that the next training on it starts at once."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from tui_lab.data import tensor_cache
from tui_lab.data.digest import digest_of_file, paths_of
from tui_lab.data.fitting import Preparation
from tui_lab.data.prepared import Prepared, Split
from tui_lab.data.tensor_cache import Tensors
from tui_lab.experiment.dataset import Csv, Facts
from tui_lab.experiment.preparation import Column, Fill

SPLITS = ("train", "validation", "test")
NO_MATTER = {"batch_size", "shuffle", "sha256"}
"""Settings that the arrays don't depend on."""


@dataclass(frozen=True)
class _About:
    """All that is no array."""

    facts: Facts
    columns: tuple[Column, ...]
    missing: Fill
    target_mean: float
    target_deviation: float


_ADAPTER = TypeAdapter(_About)


def place_of(dataset: Csv) -> Path:
    """Where the cache of a prepared table is, or would be."""
    files = {field: [path.name, digest_of_file(path)] for field, path in paths_of(dataset).items()}
    asked = dataset.model_dump(mode="json", exclude=NO_MATTER | set(dataset.paths))
    return tensor_cache.place_of(["prepared", dataset.title, files, asked])


def recall(place: Path) -> Prepared | None:
    """What a cache holds; None if there is none, or it is damaged."""
    return tensor_cache.recall(place, _prepared)


def keep(place: Path, data: Prepared) -> None:
    """Keeps what was prepared."""
    found = data.preparation
    tensors = {"fill": found.fill, "mean": found.mean, "deviation": found.deviation}
    for name in SPLITS:
        split: Split = getattr(data, name)
        tensors |= {f"{name} x": split.x, f"{name} y": split.y, f"{name} rows": split.rows}
    about = _About(
        data.facts, data.columns, data.missing, found.target_mean, found.target_deviation
    )
    tensor_cache.keep(place, _ADAPTER.dump_json(about).decode(), tensors)


def _prepared(about: str, tensors: Tensors) -> Prepared:
    told = _ADAPTER.validate_json(about)
    train, validation, test = (
        Split(*(tensors[f"{name} {part}"] for part in ("x", "y", "rows"))) for name in SPLITS
    )
    preparation = Preparation(
        fill=tensors["fill"],
        mean=tensors["mean"],
        deviation=tensors["deviation"],
        target_mean=told.target_mean,
        target_deviation=told.target_deviation,
    )
    return Prepared(told.facts, train, validation, test, told.columns, preparation, told.missing)
