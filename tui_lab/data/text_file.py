"""The text in a file: plain or packed with gzip, in any usual encoding, and never all at once."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from tui_lab.data.needed import BYTES_PER_BYTE
from tui_lab.data.open_file import Stamp, opened, refuse_changed, refuse_if_too_large, stamp_of
from tui_lab.data.progress import progressed
from tui_lab.errors import BadInput

PART = 2**20
"""So many bytes are looked at together."""
MOST_PACKED, MOST_UNPACKED = 200, 100_000_000
"""No table of more bytes than this is packed into a smaller part than one in 200."""
GZIP = b"\x1f\x8b"
_SIGNATURES = {
    GZIP: "holds another gzip file; unpack it first",
    b"PK\x03\x04": "is a zip archive or an Excel workbook; unpack it or save it as CSV",
    b"PAR1": "holds a Parquet file packed with gzip; unpack it first",
    b"%PDF": "is a PDF document, not a table",
    b"\x89PNG": "is a picture, not a table",
    b"BZh": "is packed with bzip2; unpack it first",
    b"\xfd7zXZ": "is packed with xz; unpack it first",
}
_HTML = re.compile(r"\s*<(!|\?xml|html|head|body|table)", re.IGNORECASE)
_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[\[\]{"\d-])')
_NOT_WESTERN = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
"""Bytes that stand for nothing in Windows' Western European encoding."""


@dataclass(frozen=True)
class TextFile:
    """A file that holds text, as it was when it was first looked at."""

    path: Path
    is_packed: bool
    encoding: str
    """As Python names it: utf-8-sig, utf-16 or cp1252."""
    head: str
    """The first lines, whole ones where there are more."""
    is_plain: bool
    """Whether nothing is quoted, and each delimiter and line end is one byte of its own."""
    stamp: Stamp

    @contextmanager
    def opened(self, begin: float = 0.0, end: float = 0.0) -> Iterator[TextIO]:
        """The text from its start, every line end as `\\n`; telling progress between two shares.

        `BadInput` if the file has changed.
        """
        with _unpacked(self.path, begin, end) as (file, is_packed, stamp):
            refuse_changed((is_packed, stamp), (self.is_packed, self.stamp), self.path)
            yield io.TextIOWrapper(file, self.encoding)

    def lines(self, begin: float = 0.0, end: float = 0.0) -> Iterator[bytes]:
        """Many whole lines together, as bytes, each ending in `\\n`; of a plain text alone."""
        with _unpacked(self.path, begin, end) as (file, _, stamp):
            refuse_changed(stamp, self.stamp, self.path)
            rest = b""
            while part := file.read(PART):
                whole, newline, rest = (rest + part).rpartition(b"\n")
                lines = whole + newline
                yield lines.replace(b"\r\n", b"\n") if b"\r" in lines else lines
            yield rest + b"\n" if rest else b""

    def content(self) -> bytes:
        """All of its bytes, unpacked."""
        with _unpacked(self.path) as (file, _, stamp):
            refuse_changed(stamp, self.stamp, self.path)
            return file.read()


def text_file(path: Path, end: float = 1.0) -> TextFile:
    """What text is in a regular file; `BadInput` if it holds none, or too much.

    Reads it once, telling progress up to the share `end`.
    """
    look = _Look(path)
    with _unpacked(path, 0.0, end) as (file, is_packed, stamp):
        refuse_if_too_large(stamp.size * BYTES_PER_BYTE, path)
        while part := file.read(PART):
            look.at(part)
            if is_packed:
                _refuse_bomb(look.size, stamp.size, path)
    encoding = look.encoding()
    head = _whole_lines(look.head.decode(encoding, errors="ignore"), look.size)
    if _HTML.match(head) or _JSON.match(head):
        raise BadInput("holds HTML or JSON, not a table; save it as CSV", path, 1)
    return TextFile(path, is_packed, encoding, head, look.is_plain, stamp)


def _refuse_bomb(unpacked: int, packed: int, path: Path) -> None:
    """`BadInput` if what a file unpacks to doesn't fit, or is more than a table can be packed."""
    refuse_if_too_large(unpacked * BYTES_PER_BYTE, path)
    if unpacked > max(MOST_UNPACKED, packed * MOST_PACKED):
        raise BadInput(f"unpacks to more than {MOST_PACKED} times its size, as no table does", path)


def _whole_lines(head: str, size: int) -> str:
    """Without the last line, which is cut where a file is longer."""
    return head if size < PART or "\n" not in head else head[: head.rindex("\n") + 1]


class _Look:
    """Finds the encoding part by part: UTF-8, UTF-16 by its mark, or Windows' Western European.

    That contains all letters of Latin-1.
    """

    def __init__(self, path: Path) -> None:
        self.head, self.size, self.is_plain = b"", 0, True
        self._path, self._lines, self._blank = path, 1, True
        self._is_utf16 = self._is_western = False
        self._decoder: codecs.IncrementalDecoder | None = None

    def at(self, part: bytes) -> None:
        """One more part, in the file's order."""
        if not self.size:
            self._begin(part)
        self.head = (self.head + part[:PART])[:PART] if self.size < PART else self.head
        self.size += len(part)
        self._blank = self._blank and not part.strip()
        self.is_plain = self.is_plain and not self._is_utf16 and b'"' not in part
        if not self._is_utf16:
            self._refuse_nul(part)
        self._decode(part)
        if self._is_western and not part.isascii():
            self._is_western = len(part) == len(part.translate(None, _NOT_WESTERN))

    def encoding(self) -> str:
        """As Python names it; `BadInput` if there is none, or nothing to read."""
        self._decode(b"", final=True)
        unicode = "utf-16" if self._is_utf16 else "utf-8-sig"
        if self.size and self._decoder is None and not self._is_western:
            raise BadInput(
                "is neither UTF-8 nor Western European text; save it as UTF-8", self._path
            )
        encoding = "cp1252" if self._decoder is None else unicode
        no_head = not self.head.decode(encoding, errors="ignore").strip()
        if no_head and (self._blank or self.size <= PART):
            raise BadInput("is empty; expected a header line and rows", self._path)
        return encoding

    def _begin(self, start: bytes) -> None:
        for signature, sentence in _SIGNATURES.items():
            if start.startswith(signature):
                raise BadInput(sentence, self._path)
        self._is_utf16 = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._is_western = not self._is_utf16
        name = "utf-16" if self._is_utf16 else "utf-8-sig"
        self._decoder = codecs.getincrementaldecoder(name)()

    def _decode(self, part: bytes, final: bool = False) -> None:
        if self._decoder is not None:
            try:
                self._decoder.decode(part, final)
            except UnicodeDecodeError:
                self._decoder = None

    def _refuse_nul(self, part: bytes) -> None:
        if b"\0" in part:
            line = self._lines + part.count(b"\n", 0, part.index(b"\0"))
            raise BadInput("is not a text table: it holds NUL bytes", self._path, line)
        self._lines += part.count(b"\n")


@contextmanager
def _unpacked(
    path: Path, begin: float = 0.0, end: float = 0.0
) -> Iterator[tuple[BinaryIO, bool, Stamp]]:
    """A file's bytes, whether they were packed with gzip, and its stamp; telling progress."""
    with opened(path) as file:
        stamp = stamp_of(file)
        told = io.BufferedReader(_Telling(file, stamp.size, begin, end), PART)
        is_packed = told.peek(2)[:2] == GZIP
        try:
            yield _InParts(gzip.GzipFile(fileobj=told) if is_packed else told), is_packed, stamp
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise BadInput("is a damaged or incomplete gzip file", path) from None
        refuse_changed(stamp, stamp_of(file), path)


class _InParts(io.BufferedReader):
    """Gives as much at once as it can, where a text asks for a little after another."""

    def __init__(self, file: Any) -> None:
        super().__init__(file, PART)

    def read1(self, _: int = -1) -> bytes:
        return super().read1(PART)


class _Telling(io.RawIOBase):
    """A file that tells how far it is read."""

    def __init__(self, file: BinaryIO, size: int, begin: float, end: float) -> None:
        self._file, self._size, self._begin, self._share = file, size, begin, end - begin

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._file.read(len(buffer))
        buffer[: len(part)] = part
        if self._share:
            done = self._file.tell() / max(1, self._size)
            progressed(self._begin + self._share * min(1.0, done))
        return len(part)
