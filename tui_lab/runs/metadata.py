"""What the tensor files of tui-lab say of themselves: `<sha256> <json>`, one entry of metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui_lab.errors import BadInput

KEY = "tui-lab"
VERSION = 1


class Newer(BadInput):
    """A file of a later version of this program."""


def parted(metadata: Mapping[str, str] | None, path: Path) -> tuple[str, str, dict[str, Any]]:
    """The sha256, the JSON as it was written and what it says, all empty for another's file.

    `BadInput` if it makes no sense, `Newer` if this program is too old for it.
    """
    sha, _, told = (metadata or {}).get(KEY, "").partition(" ")
    try:
        about = json.loads(told) if told else {}
        version = about.get("version", 0)
        is_newer = version > VERSION
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise BadInput("is damaged: what it says of itself makes no sense", path) from None
    if is_newer:
        raise Newer("was made by a newer tui-lab; update this one to read it", path)
    return sha, told, about
