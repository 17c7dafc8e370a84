"""The additions that CONTRIBUTING shows, applied to a copy of the program and then used."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRESET = """\
dataset: {name: plane, rows: 100}
layers: [{Linear: 4}, {Softplus: 2.0}, {Linear: 1}]
loss: {HuberLoss: 0.5}
optimizer: {Adagrad: 0.1}
training: {epochs: 1}
"""
PICKERS = """
import asyncio
from pathlib import Path
from tui_lab.experiment.presets import load_preset
from tui_lab.lab.app import LabApp

async def main():
    lab = LabApp(load_preset("sine"), Path("sine.yaml"))
    async with lab.run_test(size=(100, 60)) as pilot:
        for keys in (["2", "a"], ["3", "enter"], ["b"]):
            await pilot.press(*keys)
            rows = lab.screen.query_one("Rows")
            print(*(str(option.prompt) for option in rows.options), sep="\\n")
            await pilot.press("escape")
        entries = lab.main.query_one("#settings").entries
        print(*next(entry for entry in entries if entry.label == "loss").choices, sep="\\n")

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    """A copy of the program with all four additions and a dataset in a folder."""
    copy = tmp_path_factory.mktemp("extended")
    for folder in ("tui_lab", "presets", "datasets"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    diffs = re.findall(r"```diff\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert len(diffs) == 4
    for diff in diffs:
        apply = ["git", "apply", "--recount", "-"]
        subprocess.run(apply, input=diff, text=True, cwd=copy, check=True)
    shutil.copytree(copy / "datasets" / "iris", copy / "datasets" / "flowers")
    return copy


def run(copy: Path, home: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(copy), "TUI_LAB_HOME": str(home), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def tui_lab(copy: Path, home: Path, *words: str) -> str:
    return run(copy, home, "-c", "from tui_lab.cli import main; main()", *words)


def test_the_command_line_lists_and_trains_them(extended, home, tmp_path):
    names = {row["name"] for row in json.loads(tui_lab(extended, home, "layers", "--json"))}
    assert "Softplus" in names
    names = {row["name"] for row in json.loads(tui_lab(extended, home, "datasets", "--json"))}
    assert {"stripes", "flowers"} <= names
    preset = tmp_path / "new.yaml"
    preset.write_text(PRESET)
    result = json.loads(tui_lab(extended, home, "train", str(preset), "--json"))
    assert result["state"] == "finished"
    stripes = ["train", "circles", "--set", "dataset={name: stripes}", "--set", "training.epochs=1"]
    assert json.loads(tui_lab(extended, home, *stripes, "--json"))["state"] == "finished"


def test_the_schema_knows_them(extended, home):
    schema = tui_lab(extended, home, "schema")
    for name in ("Softplus", "stripes", "flowers", "Adagrad", "HuberLoss"):
        assert f'"{name}"' in schema


def test_the_pickers_of_the_lab_offer_them(extended, home):
    shown = run(extended, home, "-c", PICKERS)
    for name in ("Softplus", "stripes", "flowers", "Adagrad", "HuberLoss"):
        assert re.search(rf"^{name}\b", shown, re.MULTILINE), shown
