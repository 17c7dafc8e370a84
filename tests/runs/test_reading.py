"""Run directories are believed as far as they make sense, and never crash a reader."""

import json
import os
import threading
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import new_run, state

from tui_lab.cli import main
from tui_lab.errors import BadInput
from tui_lab.home import home
from tui_lab.runs.report import report
from tui_lab.runs.run import KILLED, Run, Tail, all_runs, create_run, find_run
from tui_lab.runs.status import started
from tui_lab.runs.watch import clock, progress

DAY = 86_400
KEYS = ("state", "pid", "process_started", "started", "heartbeat", "epoch", "epochs", "batch",
        "batches", "seconds", "steps_per_second", "why", "name", "device", "event", "do", "test",
        "train", "loss", "parameters", "total", "trainable", "best_epoch", "averaging", "loaded",
        "layers", "left", "from", "weights_from")  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8)
    | st.integers(-(10**30), 10**30) | st.sampled_from(["running", "finished", "lost", "kill"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
)  # fmt: skip
SUMMARY = {
    "parameters": {"total": 6570, "trainable": 570},
    "seconds": 1.25,
    "best_epoch": 7,
    "averaging": "macro: the mean over the classes",
    "why_device": "cpu, the only device here",
    "train": {"loss": 0.5, "accuracy": 1.0, "baseline": 0.4},
    "validation": {"loss": 0.25, "accuracy": 0.875, "baseline": 0.5},
    "test": {"loss": 12345.5, "accuracy": None, "baseline": 0.375},
}
LOADED = {"from": "digits-1", "layers": {"1": 4160, "2": 0, "3": 2080}, "left": []}
STATUS = {"state": "finished", "epoch": 3, "epochs": 9, "batch": 1, "batches": 4, "seconds": 2.5}
NEARLY = st.builds(
    lambda good, key, value: good | {key: value},
    st.sampled_from([SUMMARY, STATUS]), st.sampled_from([*SUMMARY, *STATUS]), VALUES,
) | st.builds(
    lambda key, value: SUMMARY | {"loaded": LOADED | {key: value}},
    st.sampled_from([*LOADED]), VALUES,
)  # fmt: skip
CONTENTS = st.binary(max_size=60) | (VALUES | NEARLY).map(lambda value: json.dumps(value).encode())
FILES = ("status.json", "summary.json", "events.jsonl", "control.jsonl", "trainer.log")


def put(run: Run, **status: object) -> Run:
    run.file("status.json").write_text(json.dumps(status))
    return run


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(FILES), st.lists(CONTENTS, max_size=4), min_size=1))
def test_nothing_in_a_run_directory_crashes_a_reader_or_gets_to_the_terminal(
    tmp_path_factory, files
):
    run = Run(tmp_path_factory.mktemp("run"))
    for name, contents in files.items():
        run.file(name).write_bytes(b"\n".join(contents))
    json.dumps(run.result())
    text = report(run) + progress(run.status())
    assert all(character.isprintable() or character == "\n" for character in text)


def test_the_list_of_runs_survives_what_is_no_run(home):
    good = put(new_run(), state="finished", started=time.time(), epoch=3)
    for name in ("\x1b[2Jx", "-rf", ".hidden", "no status", "empty"):
        (home / "runs" / name).mkdir()
        if name != "empty":
            (home / "runs" / name / "status.json").write_text("{}")
    (home / "runs" / "file").write_text("")
    put(new_run(), state=7, started="soon", epoch=[1], pid=-1)
    put(new_run(), state="running", started=1e300, pid=2**70, process_started=0, name="\x1b[2J")
    result = CliRunner().invoke(main, ["runs"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 4
    assert "\x1b" not in result.output
    rows = json.loads(CliRunner().invoke(main, ["runs", "--json"]).output)
    assert [row["state"] for row in rows] == ["finished", "lost", "lost"]
    assert rows[0]["run"] == good.id


def test_a_torn_last_event_is_not_yet(home):
    run = new_run()
    events, tail = run.file("events.jsonl"), Tail(run)
    assert tail.new() == []
    events.write_bytes(b'{"event": "batch"}\n{"event": "ep')
    assert tail.new() == [{"event": "batch"}]
    assert tail.new() == []
    with events.open("ab") as file:
        file.write(b'och"}\n')
    assert tail.new() == [{"event": "epoch"}]


def test_events_that_are_none_are_passed_over_and_long_runs_read_to_the_end(home):
    run = new_run()
    lines = [b"[1]", b"7", b"\xff", b"", b"{", b'{"event": 3}', b'{"x": 1}'] * 3000
    lines += [b'{"event": "batch"}'] * 25_000 + [b"null"] * 12_000 + [b'{"event": "ended"}']
    run.file("events.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    found = [event["event"] for event in run.events()]
    assert (len(found), found[-1]) == (25_001, "ended")
    assert Tail(run).new(limit=30_000) == [{"event": "batch"}] * (30_000 - 21_000)


def test_a_request_is_heard_behind_a_torn_line(home):
    run = new_run()
    run.file("control.jsonl").write_bytes(b'{"do": "pau')
    run.ask(do="stop")
    assert Tail(run, "control.jsonl", "do").new() == [{"do": "stop"}]


def test_a_pid_that_another_process_has_now_is_no_trainer(home):
    mine = started(psutil.Process())
    running = {"state": "running", "pid": os.getpid()}
    assert state(put(new_run(), **running, process_started=mine)) == "running"
    assert state(put(new_run(), **running, process_started=mine - 60)) == "lost"
    assert state(put(new_run(), **running)) == "lost"


@pytest.mark.parametrize(
    ("age", "expected"),
    [(0, "queued"), (30, "queued"), (-30, "queued"), (DAY, "lost"), (-DAY, "lost")],
)
def test_a_queued_run_that_nobody_begins_is_lost_also_when_the_clock_moves(home, age, expected):
    assert state(put(new_run(), state="queued", started=time.time() - age)) == expected


def test_who_asked_for_a_kill_is_not_told_of_an_accident(home):
    run = put(new_run(), state="running", pid=2**22 + 1, process_started=1.0)
    assert "without a word" in run.status()["why"]
    run.ask(do="kill")
    assert run.status()["why"] == KILLED


def test_runs_are_listed_newest_first_and_last_is_the_newest(home):
    runs = [put(new_run(), state="finished", started=at) for at in (5.0, 50.0, 1.0)]
    assert [run.id for run in all_runs()] == [runs[1].id, runs[0].id, runs[2].id]
    assert find_run("last") == runs[1]


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", "-rf", "/etc", "../runs/iris-1", "iris-1/../iris-1", "iris-1/", "./iris-1",
     "ịris-1", "iris-1\n", "iris-1\0", "~", "x" * 5000, "\x1b[2J"],
)  # fmt: skip
def test_a_run_is_found_by_its_id_and_by_no_path(home, name):
    run = new_run()
    assert find_run("iris-1") == run
    with pytest.raises(BadInput) as caught:
        find_run(name)
    assert "there is no run" in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(max_size=300) | st.sampled_from(["../../x", "/abs", "CON", "a\0b", ".", "Học máy"]))
def test_no_name_takes_a_run_out_of_its_home(tmp_path_factory, name):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUI_LAB_HOME", str(tmp_path_factory.mktemp("home")))
        run = create_run(new_run().experiment, name)
        assert run.folder.parent == home() / "runs"
        assert find_run(run.id) == run
        assert run.status()["name"] == (name or run.experiment.title)[:200]


def test_a_name_in_vietnamese_stays_readable(home):
    assert create_run(new_run().experiment, "Học máy sâu").id == "hoc-may-sau-1"


def test_runs_created_at_once_get_folders_of_their_own(home):
    experiment, made = new_run().experiment, list[Run]()
    threads = [
        threading.Thread(target=lambda: made.append(create_run(experiment, "same")))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.id for run in made) == sorted(f"same-{i}" for i in range(1, 13))


def test_a_relative_home_is_where_it_was_when_the_program_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUI_LAB_HOME", "here")
    assert home() == tmp_path / "here"
    monkeypatch.setenv("TUI_LAB_HOME", "~/there")
    assert home() == Path.home() / "there"


def test_progress_says_how_far_how_fast_and_how_long_within_80_columns():
    status = {"state": "running", "epoch": 12, "epochs": 30, "batch": 0, "batches": 40,
              "seconds": 40.0, "steps_per_second": 1234.5, "heartbeat": time.time()}  # fmt: skip
    line = progress(status)
    assert line == "running  ████████░░░░░░░░░░░░ epoch 12/30  1,234 steps/s  1:00 left"
    assert len(line) < 80
    assert progress({"state": "queued"}) == "starting"
    assert "left" not in progress(status | {"state": "paused"})
    assert "0:40 in all" in progress(status | {"state": "stopped"})


def test_a_silent_trainer_is_told_of_while_it_still_is_there():
    status = {"state": "running", "epoch": 1, "epochs": 2, "heartbeat": time.time() - 65}
    assert progress(status).endswith("no sign of life for 1:05")
    assert "sign of life" not in progress(status | {"heartbeat": time.time() + DAY})
    assert "sign of life" not in progress(status | {"state": "finished"})


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (59.6, "1:00"), (3599.4, "59:59"), (7384, "2:03:04")]
)
def test_clock(seconds, told):
    assert clock(seconds) == told


def test_the_report_of_an_ended_run_explains_its_table(home):
    run = put(new_run(), state="stopped", epoch=9, epochs=30)
    run.file("summary.json").write_text(json.dumps(SUMMARY))
    assert (
        report(run)
        == """\
iris-1: stopped after 9 of 30 epochs in 1.2 s, 6,570 parameters (570 trainable)

                    train  validation      test
loss               0.5000      0.2500  12,345.5
accuracy           1.0000      0.8750         –
majority baseline  0.4000      0.5000    0.3750

The majority baseline is the accuracy of always answering the class that is most
frequent in the training rows: a network has to beat it.
Averaging is macro: the mean over the classes.
Trained on cpu, the only device here.
The weights kept are those of epoch 7, best on the validation rows."""
    )


@pytest.mark.parametrize(
    ("test", "beats", "says"),
    [
        ({"accuracy": 0.61, "baseline": 0.61}, False, "baseline: accuracy 0.6100 against 0.6100"),
        ({"accuracy": 0.62, "baseline": 0.61}, True, ""),
        ({"rmse": 2.0, "baseline": 1.5}, False, "baseline: RMSE 2.0000 against 1.5000 on the test"),
        ({"rmse": 1.0, "baseline": 1.5}, True, ""),
        ({"accuracy": None, "baseline": 0.61}, None, ""),
    ],
)
def test_a_network_that_does_not_beat_the_baseline_is_told(home, test, beats, says):
    run = put(new_run(), state="finished", epoch=9, epochs=9)
    run.file("summary.json").write_text(json.dumps(SUMMARY | {"test": test}))
    assert run.result().get("beats_baseline") is beats
    told = " ".join(report(run).split())
    assert says in told
    assert ("The network is no better than" in told) == bool(says)


@pytest.mark.parametrize(
    ("layers", "left", "says"),
    [
        ({"1": 4160, "2": 0, "3": 2080}, [], "layers 1-3 loaded (4,160 + 2,080 parameters)"),
        ({"1": 8, "3": 9}, [], "layers 1, 3 loaded (8 + 9 parameters)"),
        ({"2": 9}, [("3.b", "late")], 'layer 2 loaded (9 parameters); not loaded: "3.b": late'),
        ({"2": 9}, [(x, "x") for x in "abcdef"], 'not loaded: "a", "b", "c", "d" and 2 more: x'),
        ({"2": 0}, [("a", "x"), ("b", "y")], 'loaded (no parameters); not loaded: "a": x; "b": y'),
    ],
)  # fmt: skip
def test_the_report_says_which_weights_were_loaded_and_which_were_not(home, layers, left, says):
    run = put(new_run(), state="finished", epoch=9, epochs=9)
    items = [{"name": name, "why": why} for name, why in left]
    loaded = {"from": "digits-1", "layers": layers, "left": items}
    run.file("summary.json").write_text(json.dumps(SUMMARY | {"loaded": loaded}))
    text = " ".join(report(run).split("\n\n")[0].split())
    assert "weights from digits-1: layer" in text
    assert text.endswith(says)


def test_the_report_of_a_run_without_tables_says_why(home):
    why = "the loss became nan at step 3; try a smaller lr"
    run = put(new_run(), state="diverged", epoch=0, epochs=30, why=why)
    assert report(run) == f"iris-1: diverged after 0 of 30 epochs\n{why}"

    run = put(new_run(), state="failed", why="RuntimeError: boom")
    run.file("trainer.log").write_text("trainer 1\nTraceback\n  File x\nRuntimeError: boom\n")
    assert report(run).splitlines()[1] == "RuntimeError: boom"
    assert "Traceback" not in report(run)
    assert str(run.file("trainer.log")) in report(run)

    run = put(new_run(), state="lost", why="gone")
    run.file("trainer.log").write_text("trainer 1\nterminate called\nstd::bad_alloc\x1b[2J\n")
    assert report(run).splitlines()[2:] == [
        "The end of its log:", "  terminate called", "  std::bad_alloc\\x1b[2J",
        f"tui-lab resume {run.id} goes on from its last checkpoint.",
    ]  # fmt: skip


def test_the_report_of_a_paused_run_is_its_progress(home):
    mine = {"pid": os.getpid(), "process_started": started(psutil.Process())}
    run = put(new_run(), state="paused", epoch=1, epochs=2, **mine)
    assert report(run).startswith("iris-1: paused   ██████████░░░░░░░░░░ epoch 1/2")
