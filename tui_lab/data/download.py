"""One file from the network: gone on with where it was cut off, and checked before it is used."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tui_lab.errors import BadInput, CannotWrite, Failure
from tui_lab.files import open_file, sync_folder

Told = Callable[[int, int], None]
"""Is told how many bytes of how many have come; 0 if nobody knows how many there are."""
PART, MOST_BYTES = 2**16, 2**28
SECONDS = 30
"""So long nothing may come before the line counts as cut."""
TIMES = 5
"""So often a line that is cut is taken up again, if something came over it."""


class _Cut(Exception):
    """The line was cut before all had come."""


def download(url: str, path: Path, sha256: str, told: Told) -> None:
    """The file at `url`, whose sha256 is known, to `path`.

    `Failure` if it can't be had: what has come by then stays beside for the next time. If it is
    another file, nothing stays.
    """
    if urlsplit(url).scheme not in ("https", "http"):
        raise BadInput(f'"{url}" is not an address that begins with https:// or http://')
    if path.exists() and _digest(path) == sha256:
        return
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _all_of(url, part, told)
        if (found := _digest(part)) != sha256:
            part.unlink()
            raise Failure(f"{url}: is another file than expected: its sha256 begins with "
                          f"{found[:8]}, not with {sha256[:8]}; nothing was kept")  # fmt: skip
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(path, error) from None


def _all_of(url: str, part: Path, told: Told) -> None:
    """Goes on as long as something comes."""
    for _ in range(TIMES):
        before = _size(part)
        try:
            return _go_on(url, part, told)
        except _Cut as error:
            why = str(error)
        if _size(part) <= before:
            break
    there = f"; {_size(part):,} bytes are there, and the same command goes on from them"
    raise Failure(f"{url}: {why}{there if _size(part) else ''}")


def _go_on(url: str, part: Path, told: Told) -> None:
    """What is still lacking, or all if the server gives no parts."""
    there = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        with _over_the_line(urllib.request.urlopen, request, timeout=SECONDS) as response:
            goes_on = response.status == http.HTTPStatus.PARTIAL_CONTENT
            there = there if goes_on else 0
            length = response.length or 0
            _append(response, part, there, there + length if length else 0, told)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not there:
            raise Failure(f"{url}: the server says {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _Cut(f"can't be reached ({error.reason}); is there a network?") from None


def _over_the_line(ask: Callable[..., Any], *what: object, **how: object) -> Any:
    """What a server is asked for; whatever goes wrong there is not the fault of the disk."""
    try:
        return ask(*what, **how)
    except urllib.error.URLError:
        raise
    except (http.client.HTTPException, OSError) as error:
        raise _Cut(f"the line was cut ({error or type(error).__name__})") from None


def _append(
    response: http.client.HTTPResponse, part: Path, there: int, whole: int, told: Told
) -> None:
    with open_file(part, "ab") as file:
        file.truncate(there)
        while content := _over_the_line(response.read, PART):
            there += file.write(content)
            told(there, whole)
            if there > MOST_BYTES:
                raise Failure(f"{response.url}: is larger than {MOST_BYTES:,} bytes")
        os.fsync(file.fileno())
    if there < whole:
        raise _Cut(f"the line was cut after {there:,} of {whole:,} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with open_file(path) as file:
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest()
