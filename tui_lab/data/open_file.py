"""Opening a file that anyone may have named, and what is in it if it is not a table."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import psutil

from tui_lab.errors import BadInput, nearest, visible
from tui_lab.files import NotAFile, open_file

BYTES_PER_BYTE = 6
"""Memory that a table takes for each byte of its file, measured with room to spare."""
_SIGNATURES = {
    b"\x1f\x8b": "is packed with gzip; unpack it first",
    b"PK\x03\x04": "is a zip archive or an Excel workbook; unpack it or save it as CSV",
    b"PAR1": "is a Parquet file; save it as CSV",
    b"%PDF": "is a PDF document, not a table",
    b"\x89PNG": "is a picture, not a table",
    b"BZh": "is packed with bzip2; unpack it first",
    b"\xfd7zXZ": "is packed with xz; unpack it first",
}
_HTML = re.compile(r"\s*<(!|\?xml|html|head|body|table)", re.IGNORECASE)
_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[\[\]{"\d-])')


def read_table_text(path: Path) -> tuple[bytes, str]:
    """The bytes of a regular file and their encoding; `BadInput` if it holds no text table."""
    content = read_content(path, BYTES_PER_BYTE)
    for signature, sentence in _SIGNATURES.items():
        if content.startswith(signature):
            raise BadInput(sentence, path)
    encoding = _encoding(content, path)
    head = content[:4000].decode(encoding, errors="ignore")
    if not head.strip() and not content.decode(encoding).strip():
        raise BadInput("is empty; expected a header line and rows", path)
    if _HTML.match(head) or _JSON.match(head):
        raise BadInput("holds HTML or JSON, not a table; save it as CSV", path, 1)
    return content, encoding


def read_content(path: Path, bytes_per_byte: int) -> bytes:
    """All of a file; `BadInput` if so many bytes for each of its own are not free."""
    with opened(path) as file:
        before = os.fstat(file.fileno())
        refuse_if_too_large(before.st_size * bytes_per_byte, path)
        content = file.read(before.st_size + 1)
        after = os.fstat(file.fileno())
    if (len(content), after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise BadInput("changed while it was read; try again when it is complete", path)
    return content


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Never waits: a pipe is opened without blocking, and only a regular file is read."""
    try:
        with open_file(path) as file:
            yield file
    except NotAFile:
        raise BadInput(f'"{path}" is not a file') from None
    except FileNotFoundError:
        raise BadInput(f'there is no file "{path}"{_nearest_sibling(path)}') from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not a file name"
        raise BadInput(f'can\'t read "{visible(str(path), 500)}": {reason}') from None


def _nearest_sibling(path: Path) -> str:
    try:
        return nearest(path.name, [entry.name for entry in islice(path.parent.iterdir(), 1000)])
    except OSError:
        return ""


def refuse_if_too_large(needed: float, path: Path | None = None) -> None:
    """`BadInput` saying what a table would need, if less memory (in bytes) is free."""
    free = psutil.virtual_memory().available
    if needed > free:
        raise BadInput(
            f"needs about {needed / 1e9:,.1f} GB of memory, but only {free / 1e9:,.1f} GB are free",
            path,
        )


def _encoding(content: bytes, path: Path) -> str:
    """UTF-8, UTF-16 by its mark, or Windows' Western European, which contains Latin-1's letters."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    nul = b"\0"
    if encoding == "utf-8-sig" and nul in content:
        line = content.count(b"\n", 0, content.index(nul)) + 1
        raise BadInput("is not a text table: it holds NUL bytes", path, line)
    for attempt in (encoding, "cp1252"):
        try:
            content.decode(attempt)
        except UnicodeDecodeError:
            continue
        return attempt
    raise BadInput("is neither UTF-8 nor Western European text; save it as UTF-8", path)
