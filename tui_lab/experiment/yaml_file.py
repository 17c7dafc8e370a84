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

from tui_lab.errors import BadInput, nearest

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
        before = data[: error.start].decode("utf-8", errors="replace")
        raise BadInput("is not UTF-8 text; save it as UTF-8", path, *_end_of(before)) from None


def _missing(path: Path) -> str:
    if path.exists():
        return f'"{path}" is not a file'
    folder = path.parent
    siblings = [entry.name for entry in folder.iterdir()][:1000] if folder.is_dir() else []
    return f'there is no file "{path}"{nearest(path.name, siblings)}'


BRACES = (
    "; several settings on one line go in braces, as in Conv2d: {out_channels: 8, kernel_size: 3}"
)
"""What is to be said where a second `key:` follows on a line."""


def parse(text: str, file: str | Path | None = None) -> tuple[Any, Places]:
    """The plain data in `text`, and where each part of it stands."""
    try:
        node = _Loader(text, file).get_single_node()
        places: Places = {}
        return (_plain(node, (), places, file) if node else None), places
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or error.context)
        sentence = f"is not YAML: {problem}{BRACES if problem.startswith('mapping values') else ''}"
        raise _bad(sentence, file, mark) from None
    except yaml.reader.ReaderError as error:
        place = _end_of(text[: error.position])
        raise BadInput("holds a character that YAML doesn't allow", file, *place) from None
    except ValueError:
        raise BadInput("is not YAML: it holds an impossible character or number", file) from None


def _end_of(text: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows `text`."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


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
        return float(text.replace(".", "", 1) if text[-1:].isalpha() else text)
    return {"bool": text == "true", "null": None}.get(kind, text)


def bad_at(path: Path_, sentence: str, places: Places, file: str | Path | None) -> BadInput:
    """`BadInput` with the place of the part at `path`, or of what is nearest around it."""
    while path and path not in places:
        path = path[:-1]
    return _bad(sentence, file, places.get(path))


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
    """Refuses what is dangerous as soon as it comes, so that nothing is built from it."""

    def __init__(self, text: str, file: str | Path | None) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        _Resolver.__init__(self)
        self._file = file
        self._depth = self._documents = 0

    def get_event(self) -> Any:
        """The next event, which must be small and plain."""
        event: Any = super().get_event()  # type: ignore[no-untyped-call]
        self._depth += isinstance(event, yaml.CollectionStartEvent)
        self._depth -= isinstance(event, yaml.CollectionEndEvent)
        self._documents += isinstance(event, yaml.DocumentStartEvent)
        if sentence := self._danger(event):
            raise _bad(sentence, self._file, event.start_mark)
        return event

    def _danger(self, event: Any) -> str:
        if self._depth > LIMIT_DEPTH:
            return f"is nested deeper than {LIMIT_DEPTH} levels"
        if self._documents > 1:
            return "holds more than one document (---)"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            return "uses an anchor or alias (& or *), write it out"
        tag = getattr(event, "tag", None)
        return f"uses a tag ({tag}), which is not allowed" if tag else ""


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


def dump(data: Any, one_line: bool = False) -> str:
    """`data` as YAML that `parse` reads back to the same; short mappings stay on one line."""
    return str(
        yaml.dump(
            data,
            Dumper=_Dumper,
            default_flow_style=one_line or None,
            sort_keys=False,
            allow_unicode=True,
            width=10**6 if one_line else 100,
        )
    )
