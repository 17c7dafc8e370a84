"""Python text: literals that can't be anything else, calls, and lines that are not too long."""

import textwrap
from collections.abc import Iterable
from typing import Any

from tui_lab.errors import visible
from tui_lab.experiment.named import Named

WIDTH = 88
NO_DEFAULT = {"kernel_size"}
"""Fields that have a default here, but none in PyTorch."""


def literal(value: object) -> str:
    """A value as Python writes it; text can't end its quotes, whatever it holds."""
    if isinstance(value, (tuple, list)):
        inner = ", ".join(map(literal, value))
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"({inner}{comma})" if isinstance(value, tuple) else f"[{inner}]"
    written = repr(value)
    if written.startswith("'") and '"' not in written:
        return f'"{written[1:-1]}"'
    return written


def keywords(part: Named, arguments: dict[str, Any]) -> list[str]:
    """`lr=0.1` for the first field and every argument that isn't PyTorch's default."""
    fields = type(part).model_fields
    return [
        f"{name}={literal(value)}"
        for name, value in arguments.items()
        if name == part.first
        or name in NO_DEFAULT
        or name not in fields
        or value != fields[name].default
    ]


def enclosed(before: str, items: Iterable[str], after: str) -> list[str]:
    """Items in brackets: on one line, or where that gets too long on lines of their own."""
    parts = list(items)
    line = before + ", ".join(parts) + after
    if len(line) <= WIDTH or not parts:
        return [line]
    outer = " " * (len(before) - len(before.lstrip()))
    rows = [f"{outer}    {parts[0]}"]
    for part in parts[1:]:
        rows[-1] += ","
        if len(rows[-1]) + len(part) + 2 <= WIDTH:
            rows[-1] += f" {part}"
        else:
            rows.append(f"{outer}    {part}")
    comma = "," if len(rows) > 1 else ""
    return [before, *rows[:-1], rows[-1] + comma, outer + after]


def comment(sentence: str) -> list[str]:
    """A sentence as lines of comment, which it can't leave, whatever it holds."""
    lines = textwrap.wrap(visible(sentence), WIDTH - 2, break_on_hyphens=False)
    return [f"# {line}" for line in lines]


def told(code: str, comment: str) -> list[str]:
    """A line of code with its comment behind it, or above it where that gets too long."""
    line = f"{code}  # {comment}"
    indent = " " * (len(code) - len(code.lstrip()))
    return [line] if len(line) <= WIDTH else [f"{indent}# {comment}", code]
