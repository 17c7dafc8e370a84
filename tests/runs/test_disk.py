"""What happens when nothing more can be written."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from processes import has_ended, is_gone, is_whole, new_run, state, wait_for

from tui_lab.cli import main
from tui_lab.runs.report import report

FOREVER = 1_000_000
on_linux = pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="limits take Linux")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(home):
    with mounted(home, "size=64k") as folder:
        yield folder


@pytest.fixture
def closed(tmp_path):
    """A folder that can't be written, not even by root."""
    if os.geteuid() == 0:
        with mounted(tmp_path / "closed", "ro") as folder:
            yield folder
    else:
        (tmp_path / "closed").mkdir(mode=0o500)
        yield tmp_path / "closed"


@as_root
def test_a_disk_that_fills_up_ends_the_training_with_a_sentence_and_whole_files(small_disk, begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: is_gone(pid))
    assert state(run) in ("failed", "lost")
    assert "the disk is full" in report(run)
    assert "Traceback" not in report(run)
    assert run.file("events.jsonl").read_bytes().endswith(b"\n")
    is_whole(run)
    assert not [path.name for path in run.folder.iterdir() if path.name.startswith(".")]


@as_root
def test_no_room_for_a_new_run_leaves_nothing_behind(small_disk):
    (small_disk / "runs").mkdir()
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
    result = CliRunner().invoke(main, ["train", "iris"])
    assert result.exit_code == 2
    assert result.output.splitlines()[-1].endswith("the disk is full")
    assert list((small_disk / "runs").iterdir()) == []


@on_linux
def test_events_that_may_not_grow_fail_the_run_and_keep_what_it_has(begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    events = run.file("events.jsonl")
    wait_for(lambda: events.stat().st_size > 2000)
    limit = events.stat().st_size + 12_345
    psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (limit, limit))
    wait_for(lambda: has_ended(run))
    assert state(run) == "failed"
    assert "the disk is full" in report(run)
    assert events.read_bytes().endswith(b"\n")
    is_whole(run)


@on_linux
def test_a_failed_disk_is_a_failed_training_not_bad_input(begin):
    run = new_run(epochs=FOREVER)
    psutil.Process(begin(run)).rlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))
    wait_for(lambda: has_ended(run))
    assert state(run) == "failed"
    assert run.status()["bad_input"] is False


def test_a_home_that_is_a_file_is_one_sentence_and_exit_2(home):
    home.write_text("mine")
    result = CliRunner().invoke(main, ["train", "iris"])
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert f'can\'t write "{home}/runs"' in result.output
    assert home.read_text() == "mine"


def test_a_home_that_may_not_be_written_is_one_sentence_exit_2_and_nothing_left_behind(
    closed, monkeypatch
):
    monkeypatch.setenv("TUI_LAB_HOME", str(closed / "home"))
    result = CliRunner().invoke(main, ["train", "iris"])
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert result.output.strip().endswith(("Permission denied", "Read-only file system"))
    assert list(closed.iterdir()) == []


def test_reading_runs_needs_no_home(home):
    result = CliRunner().invoke(main, ["runs", "--json"])
    assert (result.exit_code, result.output) == (0, "[]\n")
    assert not home.exists()
