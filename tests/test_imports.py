"""Who may import whom; what is not imported can't slow the start down."""

import subprocess
import sys

import pytest

LOADED = """
import sys
{code}
print(*{{name.split(".")[0] for name in sys.modules}}, *sys.modules)
"""
EVERY = """
import importlib, pkgutil
import {0} as package
for module in pkgutil.walk_packages(package.__path__, "{0}."):
    importlib.import_module(module.name)
"""
HEAVY = {"torch", "pandas", "numpy", "textual", "pydantic", "yaml", "psutil"}
ROOMS = {f"tui_lab.{room}" for room in ("data", "runs", "training", "lab")}


def loaded(code: str) -> set[str]:
    """All modules, and the packages that they are from, after running `code`."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code=code)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_frames_are_short_in_the_lab():
    code = "import tui_lab.lab.app, textual.constants; print(textual.constants.MAX_FPS)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "120\n"


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import tui_lab.cli", HEAVY),
        ("import tui_lab.lab.app", {"torch", "pandas", "numpy", "tui_lab.training"}),
        ("import tui_lab.training.trainer", {"textual", "plotext", "tui_lab.lab"}),
        ("import tui_lab.runs.run, tui_lab.runs.report", {"torch", "pandas", "numpy", "textual"}),
        (EVERY.format("tui_lab.experiment"), {"torch", "textual", "numpy", "pandas", *ROOMS}),
        ("import tui_lab.script.script", {"torch", "numpy", "pandas", "textual", *ROOMS}),
        (EVERY.format("tui_lab.lab"), {"torch", "pandas", "numpy", "tui_lab.training"}),
        (
            "from click.testing import CliRunner; from tui_lab.cli import main\n"
            "CliRunner().invoke(main, ['check', 'digits']); CliRunner().invoke(main, ['runs'])",
            {"torch", "pandas", "numpy", "textual"},
        ),
        (
            "from pathlib import Path; from tui_lab.experiment.presets import load_preset\n"
            "from tui_lab.training.session import assemble\n"
            "session = assemble(load_preset('digits'), Path())\n"
            "session.engine.train(session.rows_in_order(), session.seen, 0, 1)\n"
            "session.validated()",
            {"torch._dynamo", "torchmetrics", "scipy", "sympy"},
        ),
    ],
)  # fmt: skip
def test_imports_point_one_way_and_heavy_ones_wait(code, absent):
    assert loaded(code) & absent == set()


def test_the_version_is_told_without_anything_heavy():
    code = "import sys; from tui_lab.cli import main\nsys.argv = ['tui-lab', '--version']\nmain()"
    command = [sys.executable, "-X", "importtime", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("tui-lab ")
    names = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert names & HEAVY == set()
    assert "click" in names
