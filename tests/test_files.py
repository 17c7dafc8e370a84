"""A file is replaced as a whole or not at all, whenever its writer dies."""

import os

import pytest

from tui_lab.files import remove_leftovers, write_file

CALLS = ("fdopen", "fsync", "chmod", "replace", "open")
OLD, NEW = b"old" * 1000, b"new" * 2000


def die_after(call: str) -> None:
    """Lets this process end as soon as it has called `os.<call>`."""
    real = getattr(os, call)

    def then_die(*arguments, **named):
        real(*arguments, **named)
        os._exit(9)

    setattr(os, call, then_die)


@pytest.mark.parametrize("call", CALLS)
def test_killed_after_any_step_it_is_the_old_file_or_the_new_one(tmp_path, call):
    path = tmp_path / "file"
    path.write_bytes(OLD)
    child = os.fork()
    if child == 0:
        die_after(call)
        write_file(path, NEW)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    assert path.read_bytes() == (NEW if call == "replace" else OLD)
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == ["file"]


def test_sweeping_leaves_what_a_living_process_writes_and_what_is_not_ours(tmp_path):
    names = [f".a.{os.getpid()}.x1.tmp", ".b.tmp", "c.99999999.x.tmp", ".d.12.tmp"]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / ".e.99999999.x1.tmp").touch()
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(names)
