"""Safe reading and writing of YAML; every error has file, line, column and a suggestion.

Only plain data gets in: no tags, anchors, aliases or merges, no depth over 20, no file over 64 kB.
Words are text unless they are numbers as Python writes them, `true`, `false` or `null`, so that
`no`, `010` and `1:30` stay what they look like and `1e-3` is a number.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic import BaseModel, ValidationError

from tui_lab.errors import BadInput, nearest, visible

LIMIT_BYTES, LIMIT_DEPTH, LIMIT_DIGITS = 64 * 1024, 20, 100
Path_: TypeAlias = tuple[str | int, ...]
Places: TypeAlias = dict[Path_, yaml.Mark]
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$")
_NAMED_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)$")


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file; `BadInput` for anything else."""
    try:
        if not path.is_file():
            raise BadInput(_missing(path))
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}", path) from None
    if len(data) > LIMIT_BYTES:
        raise BadInput(f"is larger than {LIMIT_BYTES // 1024} kB, too large for a preset", path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput("is not UTF-8 text; save it as UTF-8", path, line, 1) from None


def _missing(path: Path) -> str:
    if path.exists():
        return f'"{path}" is not a file'
    folder = path.parent
    siblings = [entry.name for entry in folder.iterdir()][:1000] if folder.is_dir() else []
    return f'there is no file "{path}"{nearest(path.name, siblings)}'


def parse(text: str, file: str | Path | None = None) -> tuple[Any, Places]:
    """The plain data in `text`, and where each part of it stands."""
    try:
        _refuse_dangers(text, file)
        node = _Loader(text).get_single_node()
        places: Places = {}
        return (_plain(node, (), places, file) if node else None), places
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        sentence = f"is not YAML: {error.problem or error.context}"
        raise _bad(sentence, file, mark) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise BadInput("holds a character that YAML doesn't allow", file, line, 1) from None


def _refuse_dangers(text: str, file: str | Path | None) -> None:
    """Looks at events only, so that nothing is built before it's known to be small and plain."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > LIMIT_DEPTH:
            raise _bad(f"is nested deeper than {LIMIT_DEPTH} levels", file, event.start_mark)
        if documents > 1:
            raise _bad("holds more than one document (---)", file, event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _bad("uses an anchor or alias (& or *), write it out", file, event.start_mark)
        if tag := getattr(event, "tag", None):
            raise _bad(f"uses a tag ({tag}), which is not allowed", file, event.start_mark)


def _plain(node: yaml.Node, path: Path_, places: Places, file: str | Path | None) -> Any:
    places[path] = node.start_mark
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), places, file) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, places, file))
    return _scalar(node, file)


def _pairs(
    node: yaml.MappingNode, path: Path_, places: Places, file: str | Path | None
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _bad("has a key that is not a word", file, key.start_mark)
        if key.value in seen:
            raise _bad(f'has the key "{key.value}" twice', file, key.start_mark)
        if key.value == "<<":
            raise _bad("uses a merge (<<), write it out", file, key.start_mark)
        seen.add(key.value)
        yield key.value, _plain(value, (*path, key.value), places, file)
        places[(*path, key.value, "key")] = key.start_mark


def _scalar(node: yaml.Node, file: str | Path | None) -> Any:
    kind, text = node.tag.rpartition(":")[2], node.value
    if kind == "int":
        if len(text) > LIMIT_DIGITS:
            raise _bad(f"has a number of {len(text)} digits", file, node.start_mark)
        return int(text)
    if kind == "float":
        return float(text.replace(".inf", "inf").replace(".nan", "nan").lower().lstrip("."))
    return {"bool": text == "true", "null": None}.get(kind, text)


def _bad(sentence: str, file: str | Path | None, mark: Any) -> BadInput:
    if mark is None:
        return BadInput(sentence, file)
    return BadInput(sentence, file, mark.line + 1, mark.column + 1)


class _Resolver(yaml.resolver.BaseResolver):
    """The same few word forms for reading and writing, so that what is written reads back."""


for _tag, _pattern, _starts in (
    ("null", re.compile(r"(null|~|)$"), ["n", "~", ""]),
    ("bool", re.compile(r"(true|false)$"), ["t", "f"]),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("float", _NAMED_FLOAT, list("-+.")),
):
    _Resolver.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, _starts)


class _Loader(
    yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer, _Resolver
):
    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        _Resolver.__init__(self)


class _Dumper(
    yaml.emitter.Emitter,
    yaml.serializer.Serializer,
    yaml.representer.SafeRepresenter,
    _Resolver,
):
    def __init__(self, stream: Any, **options: Any) -> None:
        representing = {"default_style", "default_flow_style", "sort_keys"}
        emitting = {"canonical", "indent", "width", "allow_unicode", "line_break"}
        serializing = {"encoding", "explicit_start", "explicit_end", "version", "tags"}

        def pick(names: set[str]) -> dict[str, Any]:
            return {k: v for k, v in options.items() if k in names}

        yaml.emitter.Emitter.__init__(self, stream, **pick(emitting))
        yaml.serializer.Serializer.__init__(self, **pick(serializing))
        yaml.representer.SafeRepresenter.__init__(self, **pick(representing))
        _Resolver.__init__(self)

    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written out."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(data: Any) -> str:
    """`data` as YAML that `parse` reads back to the same; short mappings stay on one line."""
    return str(
        yaml.dump(
            data,
            Dumper=_Dumper,
            default_flow_style=None,
            sort_keys=False,
            allow_unicode=True,
            width=100,
        )
    )


def validated(model: type[BaseModel], data: Any, places: Places, file: str | Path | None) -> Any:
    """`data` as a `model`; `BadInput` with the place of the first mistake."""
    if not isinstance(data, dict):
        raise BadInput("is empty or not a mapping; expected lines like `dataset: …`", file, 1, 1)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        mark = _nearest_place(first["loc"], first["type"], places)
        raise _bad(sentence_for(first, model), file, mark) from None


def _nearest_place(loc: Path_, kind: str, places: Places) -> yaml.Mark | None:
    path = tuple(part for part in loc if part in _parts(places))
    if kind == "extra_forbidden" and (*path, "key") in places:
        return places[(*path, "key")]
    while path and path not in places:
        path = path[:-1]
    return places.get(path)


def _parts(places: Places) -> set[str | int]:
    return {part for path in places for part in path}


def sentence_for(error: Any, model: type[BaseModel]) -> str:
    """A pydantic error as one plain sentence: what, expected, got, and the nearest right thing."""
    loc = [part for part in error["loc"] if part not in ("int", "constrained-int")]
    where, kind, context = ".".join(map(str, _counted(loc))), error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields_at(model, error["loc"][:-1])
        hint = nearest(str(loc[-1]), known) or f" (known: {', '.join(known)})"
        return f'unknown key "{loc[-1]}"{hint}'
    if kind == "missing":
        return f"{where} is missing"
    if kind.startswith(("unknown_", "no_", "one_")):
        return f"{where}: {error['msg']}"
    if kind == "value_error":
        return f"{where}: {context.get('error', error['msg'])!s}"
    expected = _EXPECTED.get(kind, error["msg"].removeprefix("Input should be ")).format(**context)
    return f"{where} should be {expected}, not {_shown(error['input'])}"


def _counted(loc: list[str | int]) -> list[str | int]:
    return [part + 1 if isinstance(part, int) else part for part in loc]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'the text "{visible(value, 60)}"'
    if isinstance(value, dict):
        return "a mapping"
    return visible(str(value).lower() if isinstance(value, bool) else str(value), 60)


_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "one of {expected}",
}


def _fields_at(model: Any, loc: Path_) -> list[str]:
    """The fields of the part at `loc`: names of classes lead to the class, others to the field."""
    from tui_lab.experiment.named import Part

    by_name = {kind.__name__: kind for kind in _all_parts(Part)}
    for part in loc:
        if part in by_name:
            model = by_name[str(part)]
        elif isinstance(part, str) and part in model.model_fields:
            annotation = model.model_fields[part].annotation
            options = [annotation, *getattr(annotation, "__args__", ())]
            model = next((x for x in options if isinstance(x, type) and issubclass(x, Part)), model)
    return list(model.model_fields)


def _all_parts(kind: Any) -> Iterator[Any]:
    for child in kind.__subclasses__():
        yield child
        yield from _all_parts(child)
