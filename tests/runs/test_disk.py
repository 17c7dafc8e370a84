"""What happens when nothing more can be written."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from processes import is_gone, is_whole, new_run, state, wait_for

from tui_lab.cli import main
from tui_lab.runs.checkpoints import checkpoints
from tui_lab.runs.report import report
from tui_lab.runs.run import Run

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
    with mounted(home, "size=1m") as folder:
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


def waits_for_room(run: Run) -> bool:
    return state(run) == "paused" and "the disk is full" in run.status().get("why", "")


@as_root
def test_on_a_full_disk_training_waits_says_so_and_goes_on_when_there_is_room(small_disk, begin):
    filler = small_disk / "filler"
    filler.write_bytes(bytes(900_000))
    straight, run = new_run(epochs=400), new_run(epochs=400)
    ended = begin(run)
    wait_for(lambda: waits_for_room(run))
    told = " ".join(report(run).split())
    assert "training goes on when it can be written again" in told
    is_whole(run)
    filler.unlink()
    wait_for(lambda: is_gone(ended))
    assert state(run) == "finished"
    is_whole(run)
    assert not [path.name for path in run.folder.iterdir() if path.name.startswith(".")]
    shutil.rmtree(run.file("checkpoint"))
    ended = begin(straight)
    wait_for(lambda: is_gone(ended))
    for name in ("events.jsonl", "weights.safetensors"):
        assert run.file(name).read_bytes() == straight.file(name).read_bytes()


@as_root
def test_stopped_on_a_full_disk_a_run_ends_and_what_it_has_stays_whole(small_disk, begin):
    (small_disk / "filler").write_bytes(bytes(900_000))
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: waits_for_room(run))
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: is_gone(pid))
    assert state(run) in ("stopped", "failed", "lost")
    assert "Traceback" not in report(run)
    is_whole(run)
    assert checkpoints(run)


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
def test_events_that_may_not_grow_pause_the_run_and_it_goes_on_when_they_may(begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    events = run.file("events.jsonl")
    wait_for(lambda: events.stat().st_size > 2000)
    limit = events.stat().st_size + 12_345
    psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    wait_for(lambda: waits_for_room(run))
    assert events.read_bytes().endswith(b"\n")
    is_whole(run)
    psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    wait_for(lambda: events.stat().st_size > limit)
    wait_for(lambda: state(run) == "running")
    assert "why" not in run.status()


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
