"""What summary.json holds when a run has ended."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tui_lab.runs.confusion import Confusion
from tui_lab.runs.metrics import is_better_high
from tui_lab.runs.status import read_json

Table = dict[str, float | None]


class _Parameters(BaseModel):
    total: int
    trainable: int


class _Left(BaseModel):
    name: str
    why: str


class _Loaded(BaseModel):
    from_: Annotated[str, Field(alias="from")]
    layers: Annotated[
        dict[Annotated[str, Field(pattern=r"^[0-9]{1,4}$")], int], Field(min_length=1)
    ]
    """How many parameters each loaded layer has, by its position from 1."""
    left: list[_Left]
    """What the file holds beside them, and why it was not loaded."""


class _Summary(BaseModel):
    """A run that diverged has no tables."""

    model_config = ConfigDict(allow_inf_nan=False)

    parameters: _Parameters
    seconds: Annotated[float, Field(ge=0, lt=2**53)]
    best_epoch: int
    averaging: str | None = None
    why_device: str | None = None
    why_engine: str | None = None
    tested: int = 1
    """How often the test rows were looked at, in this run and those that it was forked from."""
    loaded: _Loaded | None = None
    train: Table | None = None
    validation: Table | None = None
    test: Table | None = None
    confusion: Confusion | None = None
    """Of the test rows."""


def looked_at(summary: dict[str, Any]) -> list[str]:
    """A warning, if the test rows have been looked at more than once."""
    times = summary.get("tested", 1)
    told = f"The test rows have been looked at {times} times: choose by the validation rows."
    return [told] if times > 1 else []


def beats_baseline(summary: dict[str, Any]) -> bool | None:
    """Whether the network is better on the test rows than what needs none; None if not known."""
    test = summary.get("test") or {}
    value, baseline = test.get(metric_of(summary)), test.get("baseline")
    if value is None or baseline is None:
        return None
    return bool(value > baseline if is_better_high(metric_of(summary)) else value < baseline)


def metric_of(summary: dict[str, Any]) -> str:
    """The metric that the baseline is told in."""
    return "accuracy" if "accuracy" in (summary.get("test") or {}) else "rmse"


def read_summary(path: Path) -> dict[str, Any]:
    """The summary in a file, empty if there is none or it isn't one."""
    summary = read_json(path)
    try:
        _Summary.model_validate(summary, strict=True)
    except ValidationError:
        return {}
    return summary
