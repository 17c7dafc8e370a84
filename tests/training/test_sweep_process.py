"""The processes of a sweep: killed at any time they go on to the same table."""

import json
import os
import signal

import psutil
import pytest
from inline_pool import sweep_of, swept, table

from tui_lab.errors import BadInput
from tui_lab.runs.start import WarmTrainer, settle, start_sweep
from tui_lab.runs.sweep_record import SweepRecord
from tui_lab.runs.sweep_run import SweepRun
from tui_lab.runs.sweep_watch import work
from tui_lab.runs.trials import ranked
from tui_lab.training.sweep import main

LONG = {
    "dataset": {"name": "moons", "rows": 300},
    "layers": [{"Linear": 8}, "ReLU", {"Linear": 2}],
    "optimizer": {"SGD": {"lr": 0.1, "momentum": 0.9}},
    "training": {"epochs": 40, "engine": "torch"},
}
"""Trained by processes; only the native engine trains in threads."""
RATES = {"optimizer.lr": {"LogUniform": [0.001, 1]}, "optimizer.momentum": {"Uniform": [0, 0.9]}}


@pytest.fixture
def begin():
    """Starts a sweep's process; none outlives the test."""
    begun = []

    def start(run: SweepRun, workers: int = 1):
        begun.append(start_sweep(run, workers))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def wait_for(condition, process) -> None:
    while not condition():
        assert process.poll() is None, "it ended before"
        psutil.wait_procs([psutil.Process(process.pid)], timeout=0.02)


def test_killed_it_goes_on_to_the_same_table_as_without_whatever_the_number_of_threads(
    begin, monkeypatch
):
    native = LONG | {"training": {"epochs": 300}, "layers": [
        {"Linear": 8}, "ReLU", {"Dropout": 0.2}, {"Linear": 2}]}  # fmt: skip
    run = sweep_of(native, settings=RATES, trials=12)
    process = begin(run, workers=3)
    wait_for(lambda: len(run.attempts()) >= 3, process)
    assert psutil.Process(process.pid).children() == []
    process.kill()
    process.wait()
    assert run.status()["state"] == "lost"
    with run.file("trials.jsonl").open("ab") as file:
        file.write(b'{"trial": 9, "torn')
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main([str(run.folder), "2"]) == 0
    assert run.status()["state"] == "finished"
    assert not run.file("live.json").exists()
    assert table(run) == table(swept(sweep_of(native, settings=RATES, trials=12)))


@pytest.mark.unforked
def test_a_dead_worker_is_replaced_a_second_process_refused_and_a_stop_leaves_work_to_go_on(begin):
    run = sweep_of(
        LONG | {"training": {"epochs": 100_000, "engine": "torch"}}, settings=RATES, trials=3
    )
    process = begin(run)
    wait_for(lambda: run.live(), process)
    with pytest.raises(BadInput, match="has a trainer already"):
        SweepRecord(run)
    assert work(run, workers=1, quiet=True) == 0  # a command that came a moment too late
    assert (run.status()["state"], run.status()["pid"]) == ("running", process.pid)
    os.kill(psutil.Process(process.pid).children()[0].pid, signal.SIGKILL)
    wait_for(lambda: any(one.trial == 2 and one.epochs for one in run.live()), process)
    run.ask(do="stop", trial=2)
    wait_for(lambda: len(run.attempts()) == 2, process)
    (worker,) = psutil.Process(process.pid).children()
    process.terminate()
    assert process.wait() == 0
    assert (run.status()["state"], run.status()["pid"]) == ("stopped", process.pid)
    assert [(one.trial, one.state) for one in run.attempts()] == [(1, "failed"), (2, "stopped")]
    assert "SIGKILL" in run.attempts()[0].why
    assert run.attempts()[1].value is not None
    assert run.has_work
    assert not worker.is_running()


@pytest.mark.unforked
def test_a_warm_trainer_takes_a_sweep():
    run, warm = sweep_of(LONG, settings=RATES, trials=2), WarmTrainer()
    process = warm.sweep(run, 1)
    warm.close()
    assert process.wait() == 0
    assert [one.state for one in run.attempts()] == ["finished"] * 2
    assert run.file("trainer.log").read_text().startswith(f"sweep {process.pid} of tui-lab")


@pytest.mark.unforked
@pytest.mark.parametrize("engine", ["native", "torch"])
def test_a_signal_to_all_its_processes_stops_it_well_and_writes_no_trial_off(begin, engine):
    forever = LONG | {"training": {"epochs": 1_000_000, "engine": engine}}
    run = sweep_of(forever, settings=RATES, trials=3)
    for _ in range(2):
        process = begin(run, workers=2)
        wait_for(lambda: len(run.live()) == 2, process)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait() == 0, run.log_end()
        assert (run.status()["state"], run.attempts()) == ("stopped", [])
        run.ask(do="resume")


def test_what_is_asked_for_while_it_still_seems_to_work_is_done(monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    run, told = sweep_of(LONG | {"training": {"epochs": 2}}, settings=RATES, trials=2), []
    put = SweepRecord.status

    def status(record, **fields):
        if fields.get("state") == "finished" and not told.count("finished"):
            run.ask(do="trials", trials=4)
        told.append(fields.get("state"))
        put(record, **fields)

    monkeypatch.setattr(SweepRecord, "status", status)
    assert main([str(run.folder), "1"]) == 0
    assert [state for state in told if state] == ["running", "finished"] * 2
    assert len(run.trials()) == 4


def test_data_that_is_gone_fails_the_sweep_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n" + "".join(f"{i},{i % 7},{'pq'[i % 2]}\n" for i in range(60)))
    run = sweep_of({"dataset": {"csv": str(table), "target": "y"}}, settings=RATES)
    table.unlink()
    assert main([str(run.folder), "1"]) == 2
    status = run.status()
    assert (status["state"], status["bad_input"]) == ("failed", True)
    assert "t.csv" in status["why"]
    settle(run, 2)
    assert run.status()["state"] == "failed"


HOSTILE = [
    b"not json\n",
    b'{"state": "finished"}\n',
    b'{"state": "finished", "trial": 0, "settings": {}}\n',
    b'{"state": "finished", "trial": 1, "settings": {}, "value": NaN}\n',
    b'{"state": "finished", "trial": 1, "settings": {}, "curve": [[1]]}\n',
    b'{"state": "finished", "trial": 1, "settings": {"a": 1e999}, "epochs": -1}\n',
    b"[" * 100_000 + b"\n",
    b'{"state": "finished", "trial": 1e9, "settings": {}}\n',
]


def test_lines_that_make_no_sense_are_passed_over():
    run = swept(sweep_of(LONG | {"training": {"epochs": 2}}, settings=RATES, trials=3))
    before = table(run)
    path = run.file("trials.jsonl")
    path.write_bytes(b"".join([*HOSTILE, path.read_bytes(), *HOSTILE]))
    run.file("live.json").write_text('{"running": [{"trial": 1}, 3, null]}')
    requests = [
        {"do": "trials", "trials": 1e9},
        {"do": "repeat", "trial": -1},
        {"do": "stop", "trial": []},
    ]
    run.file("control.jsonl").write_text("".join(json.dumps(r) + "\n" for r in requests))
    assert table(run) == before
    assert run.live() == []
    assert len(ranked(run.trials(), run.sweep)) == 3
    assert not run.has_work
