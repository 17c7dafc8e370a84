"""pydantic's errors as plain sentences: where, what was expected, and the nearest right thing."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.named import Named, Part, key_of
from tui_lab.experiment.yaml_file import Path_, Places, bad_at

_FIELD = re.compile(r"[a-z_0-9]+(\.\w+)*")
"""A field, or a setting by its dotted key."""
EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "text",
    "string_too_long": "at most {max_length} characters long",
    "string_too_short": "at least {min_length} characters long",
    "tuple_type": "a list",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
    "model_type": "a mapping",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "one of {expected}",
    "no_match": "{words}",
}


def validated(model: type[BaseModel], data: Any, places: Places, file: Any) -> Any:
    """`data` as a `model`; `BadInput` with the place of the first mistake."""
    if not isinstance(data, dict):
        raise BadInput("is empty or not a mapping; expected lines like `dataset: …`", file, 1, 1)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = first_of(error, data)
        raise bad_at(place_of(first, data), sentence_for(first, model), places, file) from None


def first_of(error: ValidationError, data: Any) -> Any:
    """The mistake to tell first: an unknown key, which explains others; else the first there is.

    Where a value may be of several kinds, the kind that fits the furthest is meant.
    """
    errors = error.errors(include_url=False)
    unknown = [item for item in errors if item["type"] == "extra_forbidden"]
    if unknown:
        return unknown[0]
    path = place_of(errors[0], data)
    same = [item for item in errors if place_of(item, data)[: len(path)] == path]
    return max(same, key=lambda item: len(place_of(item, data)))


def place_of(error: Any, data: Any) -> Path_:
    """The path in `data` that a mistake is about, without pydantic's names of alternatives."""
    path: list[str | int] = []
    for part in error["loc"]:
        inside = part in data if isinstance(data, dict) else _counts(data, part)
        if inside:
            data = data[part]
            path.append(part)
    return (*path, "key") if error["type"] == "extra_forbidden" else tuple(path)


def _counts(data: Any, part: object) -> bool:
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def sentence_for(error: Any, model: type[BaseModel]) -> str:
    """A pydantic error as one plain sentence: what, expected, got, and the nearest right thing."""
    loc, kind, context = error["loc"], error["type"], error.get("ctx", {})
    where = ".".join(_told(loc))
    if kind == "extra_forbidden":
        known = _fields_at(model, loc[:-1])
        hint = nearest(str(loc[-1]), known) or f" (known: {', '.join(known)})"
        return f'unknown key "{visible(str(loc[-1]), 60)}"{hint}'
    if kind == "missing":
        return f"{where} is missing"
    if kind not in EXPECTED:
        said = context.get("error", error["msg"]) if kind == "value_error" else error["msg"]
        return f"{where}: {said}" if where else str(said)
    expected = EXPECTED[kind].format(**context)
    return f"{where} should be {expected}, not {_shown(error['input'])}{_hint(error)}"


def _told(loc: Path_) -> Iterator[str]:
    """The parts of a place that people write: fields, class names, positions from 1."""
    names = {kind.__name__ for kind in _all_parts(Named)}
    for part in loc:
        if isinstance(part, int):
            yield str(part + 1)
        elif part in names or (
            re.fullmatch(r"[a-z_0-9]+(\.\w+)*", part) and part not in ("int", "str")
        ):
            yield part


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'the text "{visible(value, 60)}"'
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return visible(str(value).lower() if isinstance(value, bool) else str(value), 60)


def _hint(error: Any) -> str:
    value, kind = error["input"], error["type"]
    if kind == "string_type" and isinstance(value, int | float):
        return "; write it in quotes"
    if kind in ("literal_error", "no_match") and isinstance(value, str):
        words = re.findall(r"[\w:]+", EXPECTED[kind].format(**error["ctx"]))
        return nearest(value, words) if len(words) < 12 else ""
    return ""


def _fields_at(model: Any, loc: Path_) -> list[str]:
    """The fields of the part at `loc`: names of classes lead to the class, others to the field."""
    by_name = {kind.__name__: kind for kind in _all_parts(Part)}
    for part in loc:
        if part in by_name:
            model = by_name[str(part)]
        elif isinstance(part, str) and part in model.model_fields:
            annotation = model.model_fields[part].annotation
            options = [annotation, *getattr(annotation, "__args__", ())]
            model = next((x for x in options if isinstance(x, type) and issubclass(x, Part)), model)
    return [key_of(model, field) for field in model.model_fields]


def _all_parts(kind: Any) -> Iterator[Any]:
    for child in kind.__subclasses__():
        yield child
        yield from _all_parts(child)
