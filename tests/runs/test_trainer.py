"""Real trainers, real signals: what a run directory promises whatever happens to its process."""

import os
import random
import signal
import time

from processes import has_ended, is_gone, is_whole, kinds, new_run, state, wait_for
from safetensors.numpy import load_file

from tui_lab.runs.report import report
from tui_lab.runs.run import KILLED, VANISHED, Run
from tui_lab.runs.start import kill

FOREVER = 1_000_000


def learning(run: Run) -> bool:
    return "epoch" in kinds(run)


def test_a_paused_run_stands_still_lives_and_gives_the_same_bits_in_the_end(begin):
    straight, paused = (new_run(epochs=8000) for _ in range(2))
    begin(straight)
    wait_for(lambda: has_ended(straight))

    begin(paused)
    wait_for(lambda: learning(paused))
    paused.ask(do="pause")
    wait_for(lambda: state(paused) == "paused")
    events = paused.file("events.jsonl")
    stood, beat = events.read_bytes(), paused.status()["heartbeat"]
    wait_for(lambda: paused.status()["heartbeat"] > beat)
    assert events.read_bytes() == stood
    assert state(paused) == "paused"

    paused.ask(do="resume")
    wait_for(lambda: has_ended(paused))
    assert state(paused) == "finished"
    for name in ("events.jsonl", "weights.safetensors"):
        assert paused.file(name).read_bytes() == straight.file(name).read_bytes()


def test_stop_keeps_weights_and_tables_also_when_paused_and_before_the_first_batch(begin):
    run = new_run(epochs=FOREVER)
    run.ask(do="pause")
    begin(run)
    wait_for(lambda: state(run) == "paused")
    run.ask(do="stop")
    wait_for(lambda: has_ended(run))
    assert state(run) == "stopped"
    assert "accuracy" in run.result()["test"]
    assert load_file(run.file("weights.safetensors"))
    assert kinds(run)[-2:] == ["tested", "ended"]


def test_sigterm_is_a_stop(begin):
    run = new_run(epochs=FOREVER)
    os.kill(begin(run), signal.SIGTERM)
    wait_for(lambda: has_ended(run))
    assert state(run) == "stopped"
    assert "accuracy" in run.result()["test"]


def test_a_closed_terminal_and_ctrl_c_leave_a_trainer_running(begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: learning(run))
    os.kill(pid, signal.SIGHUP)
    os.kill(pid, signal.SIGINT)
    seen = len(kinds(run))
    wait_for(lambda: len(kinds(run)) > seen)
    assert state(run) == "running"


def test_a_held_process_is_still_running_and_goes_on_when_it_is_let_go(begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: learning(run))
    os.kill(pid, signal.SIGSTOP)
    assert state(run) == "running"
    seen = len(kinds(run))
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: len(kinds(run)) > seen)


NO_REQUESTS = (
    *(b"[1, 2]", b"7", b'"stop"', b'{"do": ["stop"]}', b'{"do": "dance"}', b'{"stop": 1}', b"null"),
    *(b"\xff\x00\x1b[2J", b"[" * 100_000, b'{"do": "stop"', b"NaN", b"9" * 5000),
)


def test_requests_that_are_none_change_nothing_and_hide_no_request(begin):
    run = new_run(epochs=FOREVER)
    run.file("control.jsonl").write_bytes(b"\n".join(NO_REQUESTS))
    begin(run)
    wait_for(lambda: learning(run))
    assert state(run) == "running"
    run.ask(do="stop")
    wait_for(lambda: has_ended(run))
    assert state(run) == "stopped"


def test_a_killed_trainer_is_lost_and_a_sentence_says_whether_it_was_asked_for(begin):
    vanished, killed = (new_run(epochs=FOREVER) for _ in range(2))
    for run in (vanished, killed):
        begin(run)
        wait_for(lambda run=run: learning(run))
    os.kill(vanished.status()["pid"], signal.SIGKILL)
    kill(killed)
    wait_for(lambda: has_ended(vanished) and has_ended(killed))
    assert state(vanished) == state(killed) == "lost"
    assert VANISHED in report(vanished).replace("\n", " ")
    assert KILLED in report(killed).replace("\n", " ")
    kill(killed)  # once more does nothing


def test_a_run_has_one_trainer_at_a_time_and_is_trained_once(begin, forks):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: learning(run))
    begin(run)
    wait_for(lambda: "has a trainer already" in run.log_end())
    assert (run.status()["pid"], state(run)) == (pid, "running")

    run.ask(do="stop")
    wait_for(lambda: is_gone(pid))
    files = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    begin(run)
    wait_for(lambda: "has been trained already" in run.log_end())
    files.pop(run.file("trainer.log"))
    assert all(path.read_bytes() == content for path, content in files.items())


def test_killed_at_any_moment_every_file_is_whole(begin):
    whole = new_run(epochs=30)
    begin(whole)
    wait_for(lambda: has_ended(whole))
    total, moments = whole.file("events.jsonl").stat().st_size, random.Random(0)
    states = []
    for share in range(20):
        run = new_run(epochs=30)
        pid, events = begin(run), run.file("events.jsonl")
        wait_for(lambda: has_ended(run) or events.stat().st_size >= total * share / 20)  # noqa: B023
        time.sleep(moments.uniform(0, 0.01))
        if not has_ended(run):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: has_ended(run))  # noqa: B023
        is_whole(run)
        assert run.experiment.training.epochs == 30
        states.append(state(run))
    assert set(states) <= {"lost", "finished"}
    assert states.count("lost") >= 5
