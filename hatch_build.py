"""Builds the native engine with the package, where there is a C++ compiler; else it does without.

`python hatch_build.py` builds it in place, which an editable install does as well.
"""

import contextlib
import ctypes
import os
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
SOURCE = ROOT / "tui_lab/training/engines/native.cpp"
SOURCES = [Path(__file__), SOURCE, *SOURCE.with_suffix("").glob("*.h")]
BUILT = SOURCE.with_name("libnative.so")
# Never -ffast-math: where it links, it makes the whole process round tiny numbers to 0.
FLAGS = (
    *("-std=c++17", "-O3", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-exceptions"),
    *("-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi", "-pthread"),
)


class NativeEngine(BuildHookInterface):
    """Puts the compiled library beside its source, and into wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """A wheel with the library is for one platform, and for every Python there."""
        if trouble := build():
            self.app.display_warning(f"no native engine, training is slower: {trouble}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(str(BUILT.relative_to(ROOT)))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"


def build() -> str:
    """Compiles the library, unless it is there; why it can't be, if it can't.

    If `CXX` names a compiler, with options if need be, that one compiles it in any case.
    """
    asked, is_there = os.environ.get("CXX"), _is_there()
    if is_there and not asked:
        return ""
    if not is_there:
        BUILT.unlink(missing_ok=True)
    compiler = asked or next(filter(shutil.which, ("c++", "g++", "clang++")), None)
    if compiler is None:
        return "there is no C++ compiler"
    new = BUILT.with_suffix(f".{os.getpid()}.tmp")
    command = [*shlex.split(compiler), *FLAGS, str(SOURCE), "-o", str(new)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
        os.replace(new, BUILT)
    except (OSError, subprocess.CalledProcessError) as error:
        new.unlink(missing_ok=True)
        return str(getattr(error, "stderr", "") or error)
    return ""


def _is_there() -> bool:
    """Whether it is newer than its source, and made for this machine."""
    newest = max(path.stat().st_mtime for path in SOURCES)
    if not BUILT.exists() or BUILT.stat().st_mtime < newest:
        return False
    with contextlib.suppress(OSError):
        return bool(ctypes.CDLL(str(BUILT)))
    return False


if __name__ == "__main__":
    print(build() or BUILT)
