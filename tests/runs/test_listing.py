"""The list of runs: what is found, in which order, and how little is read for it."""

import builtins
import json
import os
import time

import pytest
from processes import new_run

from tui_lab.errors import BadInput
from tui_lab.runs.about import About, write_about
from tui_lab.runs.listing import Listing, in_order, matching, sort_keys
from tui_lab.runs.run import Run

PARAMETERS = {"total": 10, "trainable": 10}


def ended(started: float, about: About | None = None, **test: float | None) -> Run:
    run = new_run()
    status = {"state": "finished", "name": "iris", "dataset": "iris", "started": started}
    run.file("status.json").write_text(json.dumps(status | {"epoch": int(started)}))
    tables = {"test": test, "validation": test} if test else {}
    summary = {"parameters": PARAMETERS, "seconds": 1.0, "best_epoch": 1, **tables}
    run.file("summary.json").write_text(json.dumps(summary))
    if about:
        write_about(run.file("about.json"), about)
    return run


def ids(rows) -> list[str]:
    return [row.id for row in rows]


def test_every_word_is_looked_for_in_all_that_is_said_about_a_run(home):
    ended(1.0, About("Slow one", ("keep",), "too small an lr"))
    ended(2.0)
    rows = Listing().rows()
    for text in ("slow", "KEEP", "small lr", "iris-1", "finished keep", "iris one"):
        assert ids(matching(rows, text)) == ["iris-1"], text
    assert ids(matching(rows, "finished iris")) == ["iris-2", "iris-1"]
    assert matching(rows, "nowhere") == []


def test_metrics_are_sorted_with_the_best_first_and_runs_without_them_last(home):
    ended(1.0, accuracy=0.5, loss=0.9)
    ended(2.0, accuracy=0.9, loss=0.5)
    ended(3.0)
    ended(4.0, rmse=9.0)
    rows = Listing().rows()
    assert ids(rows) == ["iris-4", "iris-3", "iris-2", "iris-1"]
    assert ids(in_order(rows, "test.accuracy"))[:2] == ["iris-2", "iris-1"]
    assert ids(in_order(rows, "validation.loss"))[:2] == ["iris-2", "iris-1"]
    assert ids(in_order(rows, "test.rmse"))[0] == "iris-4"
    assert ids(in_order(rows, "run")) == ["iris-1", "iris-2", "iris-3", "iris-4"]
    assert ids(in_order(rows, "epochs"))[0] == "iris-4"


def test_run_10_comes_after_run_9(home):
    for at in range(11):
        ended(float(at))
    assert ids(in_order(Listing().rows(), "run"))[-2:] == ["iris-10", "iris-11"]


def test_a_key_that_nobody_knows_is_refused_with_the_nearest(home):
    ended(1.0, accuracy=0.5, baseline=0.1)
    rows = Listing().rows()
    with pytest.raises(BadInput, match=r'"tst.accuracy" to sort by; did you mean "test.accuracy"'):
        in_order(rows, "tst.accuracy")
    assert in_order([], "started") == []
    assert "test.baseline" not in sort_keys(rows)


class Opened:
    """Counts what is opened while it is there."""

    def __init__(self, monkeypatch) -> None:
        self.names: list[str] = []
        real = builtins.open

        def counting(path, *args, **kwargs):
            self.names.append(os.path.basename(str(path)))
            return real(path, *args, **kwargs)

        monkeypatch.setattr(builtins, "open", counting)


def test_of_an_ended_run_two_small_files_are_read_once_and_no_process_is_looked_for(
    home, monkeypatch
):
    runs = [ended(float(at), accuracy=0.5) for at in range(30)]
    monkeypatch.setattr("tui_lab.runs.run.alive", None)
    opened, rows = Opened(monkeypatch), Listing()
    assert len(rows.rows()) == 30
    assert sorted(opened.names) == ["about.json"] * 30 + ["status.json"] * 30
    opened.names.clear()
    assert rows.rows() == rows.rows()
    assert opened.names == []
    write_about(runs[3].file("about.json"), About("other"))
    assert "other" in [row.name for row in rows.rows()]
    assert sorted(opened.names) == ["about.json", "status.json"]


def test_a_running_run_is_looked_at_each_time(home):
    run, rows = new_run(), Listing()
    queued = {"state": "queued", "started": time.time()}
    run.file("status.json").write_text(json.dumps(queued))
    before = rows.rows()
    assert rows.rows() is not before
    assert rows.rows()[0] is before[0], "nothing has changed"
    stamp = run.folder.stat().st_mtime_ns
    run.file("status.json").write_text(json.dumps(queued | {"state": "finished"}))
    os.utime(run.folder, ns=(stamp, stamp))
    assert rows.rows()[0].state == "finished"


def test_what_a_run_goes_on_from_is_told(home):
    run = ended(1.0)
    for parent, said in (({"run": "a-1", "step": 40}, "a-1 at step 40"), ({"run": "a-1"}, ""),
                         ({"run": 7}, ""), ("a-1", ""), (None, "")):  # fmt: skip
        told = {"state": "finished", "parent": parent}
        run.file("status.json").write_text(json.dumps(told))
        assert Listing().rows()[0].parent == said


def test_pipes_folders_and_huge_files_in_the_place_of_a_runs_files_hold_nobody_up(home):
    run = ended(1.0)
    run.file("summary.json").unlink()
    os.mkfifo(run.file("about.json"))
    os.mkfifo(run.file("summary.json"))
    other = ended(2.0)
    other.file("summary.json").write_text(" " * 2**20 + "{}")
    (home / "runs" / "x-1" / "status.json").mkdir(parents=True)
    (home / "runs" / "x-2").symlink_to(home / "nowhere")
    rows = Listing().rows()
    assert ids(rows) == [other.id, run.id]
    assert [row.main_metric for row in rows] == ["", ""]
