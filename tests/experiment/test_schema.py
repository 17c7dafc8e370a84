"""The JSON Schema says of presets what the reader says: editors that use it agree with us."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from strategies import experiments

from tui_lab.experiment.experiment import Experiment, json_schema
from tui_lab.experiment.families import all_kinds
from tui_lab.experiment.presets import resolved, shipped_presets, written
from tui_lab.experiment.yaml_file import parse

SCHEMA = json_schema()
KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "default", "type", "enum", "anyOf",
    "properties", "required", "additionalProperties", "items", "prefixItems", "minItems",
    "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
    "maxLength", "pattern", "propertyNames",
}  # fmt: skip
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is right by a schema, for the words of JSON Schema that ours uses."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        return accepts(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], value)
    if "anyOf" in schema and not any(accepts(option, value) for option in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "type" in schema and not is_a(schema["type"], value):
        return False
    return fits(schema, value)


def is_a(kind: str, value: Any) -> bool:
    if kind in ("integer", "number"):
        numbers = int if kind == "integer" else int | float
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def fits(schema: dict[str, Any], value: Any) -> bool:
    if isinstance(value, dict):
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", {})
        return (
            all(accepts(known.get(key, more or {}), inner) for key, inner in value.items())
            and all(key in value for key in schema.get("required", ()))
            and all(accepts(schema.get("propertyNames", {}), key) for key in value)
            and not (more is False and set(value) - set(known))
        )
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        return (
            all(accepts(s, v) for s, v in zip(first, value, strict=False))
            and all(accepts(schema.get("items", {}), v) for v in value[len(first) :])
            and schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9)
        )
    if isinstance(value, str):
        long_enough = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9)
        return long_enough and bool(re.search(schema.get("pattern", ""), value))
    if isinstance(value, int | float):
        return (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and not value <= schema.get("exclusiveMinimum", float("-inf"))
            and not value >= schema.get("exclusiveMaximum", float("inf"))
        )
    return True


@pytest.mark.parametrize("path", shipped_presets().values(), ids=shipped_presets())
def test_the_schema_accepts_every_shipped_preset(path):
    assert accepts(SCHEMA, parse(path.read_text("utf-8"))[0])


@settings(max_examples=200)
@given(experiments())
def test_the_schema_accepts_whatever_is_written(experiment):
    assert accepts(SCHEMA, parse(written(experiment))[0])
    assert accepts(SCHEMA, parse(resolved(experiment))[0])


@pytest.mark.parametrize(
    "lines",
    [
        "", "layers: Linear", "layers: [Relu]", "layers: [Linear]", "layers: [{Linear: 0}]",
        "layers: [{Linear: 2.5}]", "layers: [{Linear: {out_features: 3, biass: true}}]",
        "layers: [{Linear: 3, ReLU: {}}]", "layers: [{ReLU: 3}]", "layers: [{Linear: }]",
        "layers: [{Linear: {out_features: 3, name: 1a}}]", "loss: MSE", "loss: [MSELoss]",
        "optimizer: {SGD: {lr: -1}}", "optimizer: {SGD: {lr: fast}}", "optimizer: sgd",
        "training: {epochs: 0}", "training: {device: gpu}", "training: 3", "hiden: 3",
        "title: 3", "schedule: {StepLR: {gamma: 0}}",
        "weights: digits-1", "weights: {layers: 3}", "weights: {from: x, layers: 0}",
        "weights: {from: x, layers: []}", "weights: {from: x, layers: [0]}", "weights: {form: x}",
        "weights: {from_: x}", "weights: {from: x, lr_factor: 0}", "weights: {from: ''}",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_reader_refuses(lines):
    data = parse(f"{lines}\ndataset: {{name: iris}}" if lines else "title: x")[0]
    assert not accepts(SCHEMA, data)
    with pytest.raises(ValueError):  # noqa: PT011
        Experiment.model_validate(data)


@pytest.mark.parametrize(
    "dataset",
    ["{name: iri}", "{csv: x}", "{name: iris, arms: 3}", "{name: spirals, arms: 6}", "iris",
     "{name: iris, split: [0.5, 0.5]}", "{name: iris, csv: x, target: y}",
     "{name: iris, rows: 5}", "{name: iris, rows: [0, 20]}", "{name: iris, classes: setosa}",
     "{name: iris, classes: {a: setosa, b: [virginica]}}", "{name: moons, classes: [a, b]}"],
)  # fmt: skip
def test_the_schema_refuses_datasets_that_the_reader_refuses(dataset):
    data = parse(f"dataset: {dataset}")[0]
    assert not accepts(SCHEMA, data)
    with pytest.raises(ValueError):  # noqa: PT011
        Experiment.model_validate(data)


def test_everything_that_has_a_name_is_in_the_schema():
    text = str(SCHEMA)
    assert all(f"'{name}'" in text for name in all_kinds())
