"""What a sweep may try of a setting: one class a kind of range."""

import json
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, JsonValue, model_validator

from tui_lab.experiment.named import Named


def _plain(value: Any) -> Any:
    """A value as a preset can hold it."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(
            "should be a finite number, text, true, false, or a list of such"
        ) from None
    return value


Bounds = Annotated[tuple[float, float], Field(strict=False)]
WholeBounds = Annotated[tuple[int, int], Field(strict=False)]
Value = Annotated[Any, AfterValidator(_plain)]
Values = Annotated[tuple[Value, ...], Field(strict=False, min_length=1, max_length=1000)]


class Range(Named):
    """The values that a sweep may give to one setting."""

    is_log: ClassVar[bool] = False
    """Whether factors count instead of differences, so that pictures take its logarithm."""

    @property
    def ends(self) -> tuple[JsonValue, ...]:
        """The values that show whether the setting can take them: the ends, or each value."""
        raise NotImplementedError


class _Span(Range):
    """All numbers between two bounds."""

    first = "bounds"
    bounds: Bounds

    @property
    def ends(self) -> tuple[float, float]:
        """The bounds."""
        return self.bounds

    @model_validator(mode="after")
    def _rises(self) -> "_Span":
        low, high = self.bounds
        if low >= high:
            raise ValueError(f"the first bound should be below the second, not {low:g}, {high:g}")
        return self


class Uniform(_Span):
    """Any number between two bounds, each as likely as another."""


class LogUniform(_Span):
    """Any number between two bounds above 0, each power of ten as likely as another."""

    is_log = True

    @model_validator(mode="after")
    def _is_positive(self) -> "LogUniform":
        if self.bounds[0] <= 0:
            raise ValueError(f"LogUniform needs bounds above 0, not {self.bounds[0]:g}")
        return self


class Integers(_Span):
    """Any whole number from the first bound to the second, each as likely as another."""

    bounds: WholeBounds


class _Listed(Range):
    """One of a few values."""

    first = "values"
    values: Values

    @property
    def ends(self) -> tuple[JsonValue, ...]:
        """Each value."""
        return self.values


class Choice(_Listed):
    """One of a few values, each as likely as another."""


class Grid(_Listed):
    """Each of a few values together with each of every other setting's, for the method grid."""
