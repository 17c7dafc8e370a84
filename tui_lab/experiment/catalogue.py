"""Which datasets there are: the folders of `datasets/`, the generated ones, and any CSV file."""

from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tui_lab.errors import nearest, visible
from tui_lab.experiment.dataset import Csv, Dataset, Shipped, shipped_names
from tui_lab.experiment.generated import Generated


def generated_kinds() -> dict[str, type[Generated]]:
    """The generated datasets by name."""
    return {kind.__name__.lower(): kind for kind in Generated.__subclasses__()}


def all_datasets() -> list[Dataset]:
    """Every shipped and generated dataset with its default settings."""
    shipped = [Shipped(name=name) for name in shipped_names()]
    return [*shipped, *(kind(name=name) for name, kind in generated_kinds().items())]


class AnyDataset:
    """Annotation: a mapping becomes the class that its `name` or `csv` says."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        kinds: list[type[Dataset]] = [Csv, Shipped, *generated_kinds().values()]
        choices = {kind.__name__: handler.generate_schema(kind) for kind in kinds}
        return core_schema.no_info_before_validator_function(
            _known,
            core_schema.tagged_union_schema(dict(choices), lambda value: _kind(value).__name__),
            serialization=core_schema.plain_serializer_function_ser_schema(_written, info_arg=True),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        named = {name: [name] for name in generated_kinds()} | {"shipped": shipped_names()}
        kinds: dict[str, type[Dataset]] = {**generated_kinds(), "shipped": Shipped}
        options = [handler(Csv.__pydantic_core_schema__)]
        for name, names in named.items():
            fields = handler.resolve_ref_schema(handler(kinds[name].__pydantic_core_schema__))
            options.append(
                {**fields, "properties": {**fields["properties"], "name": {"enum": names}}}
            )
        return {"anyOf": options}


def fields_of(value: dict[str, Any]) -> set[str]:
    """The fields of the dataset that a mapping describes; all of the mapping's if of none."""
    try:
        return set(_kind(value).model_fields)
    except PydanticCustomError:
        return set(value)


def _written(dataset: Dataset, info: core_schema.SerializationInfo) -> dict[str, Any]:
    return dataset.model_dump(exclude_defaults=info.exclude_defaults, mode="json")


def _known(value: object) -> object:
    _kind(value)
    return value


def _kind(value: object) -> type[Dataset]:
    if isinstance(value, Dataset):
        return type(value)
    if not isinstance(value, dict) or not ({"csv", "name"} & set(value)):
        raise PydanticCustomError("no_dataset", "expected `name: ...` or `csv: ...` with a target")
    if "csv" in value:
        return Csv
    name, generated, shipped = str(value["name"]), generated_kinds(), shipped_names()
    if name in generated:
        return generated[name]
    if name in shipped:
        return Shipped
    known = [*shipped, *generated]
    hint = nearest(name, known) or f" (known: {', '.join(known)})"
    raise PydanticCustomError(
        "unknown_dataset",
        'there is no dataset "{name}"{hint}',
        {"name": visible(name, 60), "hint": hint},
    )
