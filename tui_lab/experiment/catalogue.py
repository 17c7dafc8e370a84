"""Which datasets there are: shipped, generated and added ones by name, and files of one's own."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.added import added_names, by_name, is_added, read_added, written_out
from tui_lab.experiment.dataset import Csv, Dataset, FromFile, Shipped, shipped_names
from tui_lab.experiment.generated import Generated, generated_kinds
from tui_lab.experiment.losses import Task
from tui_lab.experiment.pictures import Pictures

FILES: dict[str, type[FromFile]] = {"csv": Csv, "pictures": Pictures}
"""The kinds of datasets in files, by the field that says so."""


@dataclass(frozen=True)
class Entry:
    """A dataset as lists show it; its files needn't be read for that."""

    name: str
    kind: Literal["shipped", "stand-in", "generated", "added"]
    task: Task
    rows: int
    features: int
    classes: int

    @property
    def dataset(self) -> Dataset:
        """With its default settings."""
        value = {"name": self.name}
        return _kind(value).model_validate(_known(value))


def entries() -> tuple[list[Entry], list[str]]:
    """Every dataset that has a name, and a sentence on each added one that can't be read."""
    found, broken = [_entry(dataset) for dataset in all_datasets()], []
    for name in added_names():
        try:
            added = read_added(name)
        except BadInput as error:
            broken.append(str(error))
        else:
            counts = (added.rows, added.features, added.classes)
            found.append(Entry(name, "added", added.task, *counts))
    return found, broken


def _entry(dataset: Shipped | Generated) -> Entry:
    facts = dataset.facts()
    kind: Literal["shipped", "stand-in", "generated"] = "generated"
    if isinstance(dataset, Shipped):
        kind = "stand-in" if dataset.card().stand_in else "shipped"
    counts = (facts.rows, len(facts.columns), len(facts.classes))
    return Entry(dataset.name, kind, facts.task, *counts)


def all_datasets() -> list[Shipped | Generated]:
    """Every shipped and generated dataset with its default settings; no stand-in for an added."""
    shipped = [Shipped(name=name) for name in shipped_names() if not is_added(name)]
    return [*shipped, *(kind(name=name) for name, kind in generated_kinds().items())]


class AnyDataset:
    """Annotation: a mapping becomes the class that its `name`, `csv` or `pictures` says."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        kinds: list[type[Dataset]] = [*FILES.values(), Shipped, *generated_kinds().values()]
        choices = {kind.__name__: handler.generate_schema(kind) for kind in kinds}
        return core_schema.no_info_before_validator_function(
            _known,
            core_schema.tagged_union_schema(dict(choices), lambda value: _kind(value).__name__),
            serialization=core_schema.plain_serializer_function_ser_schema(_written, info_arg=True),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        named: list[tuple[type[Dataset], list[str]]] = [(Shipped, shipped_names())]
        named += [(kind, [name]) for name, kind in generated_kinds().items()]
        for of_files in FILES.values():
            added = [name for name in added_names() if _kind_named(name) is of_files]
            named += [(of_files, added)] if added else []
        options = [handler(kind.__pydantic_core_schema__) for kind in FILES.values()]
        for kind, names in named:
            fields = handler.resolve_ref_schema(handler(kind.__pydantic_core_schema__))
            properties = {**fields["properties"], "name": {"enum": names}}
            options.append({**fields, "properties": properties, "required": ["name"]})
        return {"anyOf": options}


def fields_of(value: dict[str, Any]) -> set[str]:
    """What may be said of the dataset that a mapping describes; all of the mapping if of none."""
    try:
        fields = set(_kind(value).model_fields)
    except PydanticCustomError:
        return set(value)
    return fields if set(FILES) & set(value) else fields | {"name"}


def _written(dataset: Dataset, info: core_schema.SerializationInfo) -> dict[str, Any]:
    written = dataset.model_dump(exclude_defaults=info.exclude_defaults, mode="json")
    if isinstance(dataset, FromFile) and info.exclude_defaults:
        return by_name(dataset, written)
    return written


def _known(value: object) -> object:
    _kind(value)
    if isinstance(value, dict) and not set(FILES) & set(value) and is_added(str(value["name"])):
        return written_out(value)
    return value


def _kind(value: object) -> type[Dataset]:
    if isinstance(value, Dataset):
        return type(value)
    if not isinstance(value, dict) or not ({*FILES, "name"} & set(value)):
        raise PydanticCustomError(
            "no_dataset", "expected `name: ...`, `csv: ...` with a target, or `pictures: ...`"
        )
    for key, kind in FILES.items():
        if key in value:
            return kind
    return _kind_named(str(value["name"]))


def _kind_named(name: str) -> type[Dataset]:
    generated, shipped = generated_kinds(), shipped_names()
    if is_added(name):
        return _kind(written_out({"name": name}))
    if name in generated:
        return generated[name]
    if name in shipped:
        return Shipped
    known = [*shipped, *generated, *added_names()]
    hint = nearest(name, known) or f" (known: {', '.join(known)})"
    raise PydanticCustomError(
        "unknown_dataset",
        'there is no dataset "{name}"{hint}',
        {"name": visible(name, 60), "hint": hint},
    )
