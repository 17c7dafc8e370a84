"""The wheel holds all that the program needs: presets and datasets are found from there."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


def tui_lab(installed, cwd, *words):
    code = (
        "import sys, tui_lab; from tui_lab.cli import main\n"
        "assert tui_lab.__file__.startswith(sys.argv.pop(1)), tui_lab.__file__\n"
        "main(prog_name='tui-lab')"
    )
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", code, str(installed), *words]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_preset_and_dataset_travels(installed, tmp_path):
    presets = {path.stem for path in (ROOT / "presets").glob("*.yaml")}
    datasets = {path.parent.name for path in (ROOT / "datasets").glob("*/card.yaml")}
    listed = tui_lab(installed, tmp_path, "presets").split()
    assert presets <= set(listed)
    listed = tui_lab(installed, tmp_path, "datasets").split()
    assert datasets <= set(listed)
    assert datasets == {path.parent.name for path in installed.glob("tui_lab/datasets/*/data.*")}


def test_it_trains_from_there(installed, tmp_path):
    words = ["train", "digits", "--set", "training.epochs=1"]
    told = " ".join(tui_lab(installed, tmp_path, *words).split())
    assert "finished" in told
    if shutil.which("c++"):
        assert "The engine was native: a dense stack on the CPU." in told


def test_a_wheel_with_the_native_engine_is_for_one_platform_and_every_python(installed):
    (wheel,) = installed.parent.glob("*.whl")
    has_engine = list(installed.rglob("libnative.so"))
    assert wheel.name.endswith("-py3-none-any.whl") != bool(has_engine)
    assert "-py3-none-" in wheel.name


def test_without_a_compiler_the_wheel_is_built_all_the_same(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"CXX": "false"}
    )
    assert done.returncode == 0, done.stderr
    assert "no native engine" in done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as files:
        assert not [name for name in files.namelist() if name.endswith("libnative.so")]


def test_it_holds_the_style_sheets_and_nothing_of_the_workshop(installed):
    files = [path.relative_to(installed) for path in installed.rglob("*") if path.is_file()]
    assert any(path.suffix == ".tcss" for path in files)
    assert {path.parts[0] for path in files if ".dist-info" not in path.parts[0]} == {"tui_lab"}
    assert not [path for path in files if path.suffix in (".pyc", ".log")]
