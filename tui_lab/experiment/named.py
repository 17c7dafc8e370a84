"""Parts that are written by their PyTorch name: `ReLU`, `Linear: 64`, `SGD: {lr: 0.1}`."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tui_lab.errors import nearest, visible

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it looks for them everywhere


class Part(BaseModel):
    """Immutable, validated data; unknown keys, NaN, infinity and silent conversions are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        defer_build=True,
        serialize_by_alias=True,
    )

    def replace(self, **changes: object) -> Self:
        """This part with some fields changed and everything validated again."""
        fields = {**dict(self), **changes}
        return type(self).model_validate(
            {key_of(type(self), name): fields[name] for name in fields}
        )


def key_of(kind: type[BaseModel], field: str) -> str:
    """How a field is written in a preset: its name, unless that is a word of Python's."""
    found = kind.model_fields.get(field)
    return found.alias or field if found else field


@dataclass(frozen=True)
class Matches:
    """Annotation: text that matches a pattern as a whole, and what that means in words."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"pattern": f"^({self.pattern})$"}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError("no_match", "{words}", {"words": self.words})
        return text


class Named(Part):
    """A part of a family (layer, loss, optimizer, schedule) whose class name is PyTorch's name."""

    first: ClassVar[str | None] = None
    """The field that a bare value sets: `Linear: 64` sets `out_features`."""

    @classmethod
    def kinds(cls) -> dict[str, type[Self]]:
        """Every concrete class of this family by name, in the order of definition."""
        return {kind.__name__: kind for kind in _leaves(cls)}

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the PyTorch class with this part's name."""
        return dict(self)

    def written(self, short: bool = True) -> object:
        """The shortest form that reads back as this part, or the one with every field."""
        name, fields = type(self).__name__, self.model_dump(exclude_defaults=short, mode="json")
        if not short or (fields and set(fields) != {self.first}):
            return {name: fields}
        return {name: fields[cast("str", self.first)]} if fields else name


def _leaves(cls: Any) -> Iterator[Any]:
    children = cls.__subclasses__()
    if not children:
        yield cls
    for child in children:
        yield from _leaves(child)


@dataclass(frozen=True)
class ByName:
    """Annotation: a member of `family` in any of its written forms."""

    family: type[Named]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        choices = {
            name: core_schema.no_info_before_validator_function(
                partial(_fields, kind), handler.generate_schema(kind)
            )
            for name, kind in self.family.kinds().items()
        }
        return core_schema.no_info_before_validator_function(
            partial(_known, self.family),
            core_schema.tagged_union_schema(cast("dict[Any, CoreSchema]", choices), _name_of),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda part, info: part.written(short=info.exclude_defaults), info_arg=True
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        kinds = self.family.kinds()
        fields = {name: handler(kind.__pydantic_core_schema__) for name, kind in kinds.items()}
        return {
            "anyOf": [
                {"enum": [name for name, kind in kinds.items() if not _needed(kind)]},
                *({"type": "object", "required": [name], "additionalProperties": False,
                   "properties": {name: _bare_or(kinds[name], fields[name])}}
                  for name in kinds),
            ]
        }  # fmt: skip


def _needed(kind: type[Named]) -> list[str]:
    return [name for name, field in kind.model_fields.items() if field.is_required()]


def _bare_or(kind: type[Named], fields: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of what may follow `Name:`; a bare value is checked as the first field."""
    options = [fields] if _needed(kind) else [fields, {"type": "null"}]
    if kind.first:
        bare = kind.model_json_schema()["properties"][kind.first]
        options.insert(0, {key: value for key, value in bare.items() if key != "title"})
    return {"anyOf": options}


def _fields(kind: type[Named], value: object) -> object:
    if isinstance(value, (str, kind)):
        return {} if isinstance(value, str) else value
    inner = cast("dict[str, object]", value)[kind.__name__]
    if inner is None or isinstance(inner, dict):
        return inner or {}
    if kind.first is None:
        raise PydanticCustomError(
            "no_bare_value",
            "{name} takes no bare value, but fields: {fields}",
            {"name": kind.__name__, "fields": ", ".join(kind.model_fields) or "none"},
        )
    return {kind.first: inner}


def _name_of(value: object) -> str:
    if isinstance(value, Named):
        return type(value).__name__
    return value if isinstance(value, str) else next(iter(cast("dict[str, object]", value)))


def _known(family: type[Named], value: object) -> object:
    what = family.__name__.lower()
    if isinstance(value, Named):
        return value
    if not (isinstance(value, str) or (isinstance(value, dict) and len(value) == 1)):
        raise PydanticCustomError(
            "one_name", 'expected one {what}, written as "Name" or "Name: value"', {"what": what}
        )
    name, kinds = str(_name_of(value)), family.kinds()
    if name not in kinds:
        raise PydanticCustomError(
            "unknown_name",
            'there is no {what} "{name}"{hint}',
            {
                "what": what,
                "name": visible(name, 60),
                "hint": nearest(name, kinds) or f" (known: {', '.join(kinds)})",
            },
        )
    return value
