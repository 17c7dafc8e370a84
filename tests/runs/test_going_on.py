"""Runs that are cut off, by real signals, and gone on with."""

import os
import random
import shutil
import signal
import time

import pytest
from click.testing import CliRunner
from processes import has_ended, is_gone, kinds, new_run, state, wait_for

from tui_lab.cli import main
from tui_lab.errors import BadInput
from tui_lab.experiment.experiment import Experiment
from tui_lab.runs.checkpoints import checkpoint_name, checkpoints
from tui_lab.runs.going_on import ask_to_go_on, experiment_now, fork
from tui_lab.runs.helm import Helm
from tui_lab.runs.report import report
from tui_lab.runs.run import Run, all_runs, create_run

STACK = {
    "dataset": {"name": "iris", "batch_size": 8},
    "layers": [{"Linear": 16}, "BatchNorm1d", "ReLU", {"Dropout": 0.2}, {"Linear": 3}],
    "training": {"epochs": 120},
}
KINDS = (
    {"optimizer": {"SGD": {"lr": 0.05, "momentum": 0.9}}},
    {"optimizer": "Adam", "schedule": "OneCycleLR"},
    {"optimizer": "AdamW", "schedule": "CosineAnnealingLR"},
    {"optimizer": "RMSprop", "schedule": {"StepLR": 20}},
    {"optimizer": {"SGD": 0.05}, "schedule": {"ReduceLROnPlateau": 3}},
    {"optimizer": "Adam", "training": {"epochs": 900, "early_stopping": {"patience": 20}}},
)
FOREVER = 1_000_000


def stack(kind: dict) -> Run:
    return create_run(Experiment.model_validate(STACK | kind), "stack")


def bits(run: Run) -> list[object]:
    summary = run.summary()
    summary.pop("seconds")
    summary.pop("tested")
    return [*(run.file(f).read_bytes() for f in ("events.jsonl", "weights.safetensors")), summary]


def ended(begin, run: Run) -> Run:
    pid = begin(run)
    wait_for(lambda: is_gone(pid))
    return run


def kill_now_and_then(begin, kind: dict, moments: random.Random, kills: int) -> None:
    """Kills a training again and again; in the end it is the one that was left alone."""
    straight, run = ended(begin, stack(kind)), stack(kind)
    whole, done = straight.file("events.jsonl").stat().st_size, 0
    pid = begin(run)
    while done < kills:
        events, start = run.file("events.jsonl"), run.file("events.jsonl").stat().st_size
        goal = start + moments.uniform(0, whole / 3)
        wait_for(lambda: is_gone(pid) or events.stat().st_size >= goal)  # noqa: B023
        time.sleep(moments.uniform(0, 0.01))
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: is_gone(pid))  # noqa: B023
            done += 1
        if state(run) != "lost":
            assert bits(run) == bits(straight)
            run = stack(kind)
        else:
            ask_to_go_on(run)
        pid = begin(run)
    wait_for(lambda: is_gone(pid))
    assert state(run) == "finished", report(run)
    assert bits(run) == bits(straight)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_killed_twice_at_any_moment_it_ends_with_the_same_bits(begin, kind):
    kill_now_and_then(begin, kind, random.Random(str(kind)), kills=2)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_killed_a_hundred_times(begin, kind):
    kill_now_and_then(begin, kind, random.Random(), kills=100 // len(KINDS) + 1)


def cli(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.output


@pytest.fixture
def stopped(begin) -> Run:
    """A run that was stopped in the middle."""
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: kinds(run).count("epoch") > 20)
    run.ask(do="stop")
    wait_for(lambda: is_gone(pid))
    return run


def test_resume_goes_on_from_where_it_stopped_and_epochs_say_how_far(stopped):
    done = stopped.status()["epoch"]
    events = stopped.file("events.jsonl").read_bytes()
    code, output = cli("resume", stopped.id, "--epochs", str(done + 3))
    assert code == 0, output
    assert f"finished after {done + 3} epochs" in output
    kept = stopped.file("events.jsonl").read_bytes()
    assert kept.startswith(events[: events.index(b'{"event":"tested"')])
    assert kinds(stopped).count("started") == kinds(stopped).count("ended") == 1
    assert experiment_now(stopped).training.epochs == done + 3
    code, output = cli("resume", stopped.id)
    assert (code, len(output.splitlines())) == (2, 1)
    assert f"has trained all its {done + 3} epochs; ask for more" in output


def test_a_fork_goes_its_own_way_and_the_run_stays_what_it_was(stopped):
    before = {path: path.read_bytes() for path in stopped.folder.rglob("*") if path.is_file()}
    done = stopped.status()["epoch"]
    changes = ("--set", "optimizer.lr=0.5", "--set", f"training.epochs={done + 2}")
    code, output = cli("fork", stopped.id, *changes, "--name", "other")
    assert code == 0, output
    assert {path: path.read_bytes() for path in before} == before
    new = all_runs()[0]
    step = checkpoints(stopped)[0].step
    assert new.status()["parent"] == {"run": stopped.id, "step": step}
    assert f"A fork of {stopped.id} at step {step}." in output
    assert (new.status()["name"], new.status()["epoch"]) == ("other", done + 2)
    assert experiment_now(new).optimizer.lr == 0.5
    common = stopped.file("events.jsonl").read_bytes()
    common = common[: common.index(b'{"event":"tested"')]
    assert new.file("events.jsonl").read_bytes().startswith(common)
    assert '"changes":["optimizer.lr=0.5"' in new.file("events.jsonl").read_text()


def test_a_fork_without_changes_is_the_run_itself(begin):
    run = ended(begin, stack(KINDS[0]))
    new = ended(begin, fork(run, "best"))
    assert bits(new) == bits(run)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("resume", "RUN", "--checkpoint", "7777777"), 'no checkpoint "7777777"; there are: best'),
        (("resume", "RUN", "--epochs", "0"), "at least 1"),
        (("resume", "RUN", "--epochs", "5"), "epochs have begun already; ask for more"),
        (("fork", "RUN", "--set", "training.epochs=5"), "epochs have begun already"),
        (("resume", "RUN", "--set", "layers.1.out_features=3"), "but not layers"),
        (("fork", "RUN", "--checkpoint", "-1"), 'no checkpoint "-1"'),
        (("fork", "RUN", "--set", "dataset.batch_size=3"), "but not dataset"),
        (("fork", "RUN", "--set", "optimizer.speed=3"), 'unknown key "speed"'),
        (("pause", "RUN"), "is not running, but stopped; tui-lab resume RUN goes on"),
        (("set", "RUN", "dropout=0.1"), "is not running, but stopped"),
    ],
)
def test_what_can_not_be_gone_on_with_is_one_sentence_and_changes_nothing(stopped, words, says):
    files = {path: path.read_bytes() for path in stopped.folder.rglob("*") if path.is_file()}
    code, output = cli(*(stopped.id if word == "RUN" else word for word in words))
    assert (code, len(output.splitlines())) == (2, 1)
    assert says.replace("RUN", stopped.id) in output
    assert {p: p.read_bytes() for p in stopped.folder.rglob("*") if p.is_file()} == files
    assert all_runs() == [stopped]


def test_a_running_training_is_paused_stepped_changed_and_let_go_on(begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: "epoch" in kinds(run))
    assert cli("step", run.id)[0] == 2  # not paused yet
    assert cli("pause", run.id) == (0, "")
    wait_for(lambda: state(run) == "paused")
    place = run.status()
    assert place["epoch"] * place["batches"] + place["batch"] == checkpoints(run)[0].step
    assert cli("step", run.id) == (0, "")
    wait_for(lambda: run.status()["batch"] == (place["batch"] + 1) % place["batches"])
    assert cli("step", run.id, "--epoch") == (0, "")
    wait_for(lambda: run.status()["epoch"] > place["epoch"])
    assert state(run) == "paused"
    assert cli("set", run.id, "optimizer.lr=0.125") == (0, "")
    wait_for(lambda: run.status().get("changes") == ["optimizer.lr=0.125"])
    assert "changed" in kinds(run)
    assert cli("set", run.id, "training.seed=3")[0] == 2
    code, output = cli("resume", run.id, "--checkpoint", "best")
    assert (code, output.count("\n")) == (2, 1)
    assert cli("resume", run.id) == (0, "")
    wait_for(lambda: state(run) == "running")
    code, output = cli("resume", run.id)
    assert (code, len(output.splitlines())) == (2, 1)
    assert f"is running already; tui-lab attach {run.id} shows it" in output
    assert cli("stop", run.id) == (0, "")
    wait_for(lambda: is_gone(pid))
    assert state(run) == "stopped"
    assert [e["lr"] for e in run.events() if e["event"] == "epoch"][-1] == 0.125


def test_one_terminal_at_a_time_steers(begin):
    run = new_run(epochs=FOREVER)
    begin(run)
    with Helm(run):
        code, output = cli("pause", run.id)
        assert (code, output) == (2, f"tui-lab: {run.id} is being steered from another terminal\n")
        assert state(run) != "paused"
    assert cli("pause", run.id) == (0, "")
    wait_for(lambda: state(run) == "paused")


def test_of_two_that_go_on_with_the_same_run_one_is_refused(begin, stopped):
    ask_to_go_on(stopped)
    first = begin(stopped)
    wait_for(lambda: state(stopped) == "running")
    begin(stopped)
    wait_for(lambda: "has a trainer already" in stopped.log_end())
    assert (stopped.status()["pid"], state(stopped)) == (first, "running")
    with pytest.raises(BadInput, match="is running already"):
        ask_to_go_on(stopped)


def damaged(path, how):
    content = bytearray(path.read_bytes())
    if how == "a flipped bit":
        content[-100] ^= 4
    elif how == "a flipped bit in its head":
        content[200] ^= 1
    elif how == "cut off":
        content = content[: len(content) // 2]
    elif how == "empty":
        content = bytearray()
    elif how == "a header as long as the world":
        content[:8] = (2**63).to_bytes(8, "little")
    elif how == "a pickle":
        content = bytearray(b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "a pipe":
        os.mkfifo(path)
    elif how == "a link to nowhere":
        path.symlink_to("nowhere")
    else:
        path.write_bytes(content)


DAMAGES = ("a flipped bit", "a flipped bit in its head", "cut off", "empty", "a folder", "a pipe",
           "a link to nowhere", "a header as long as the world", "a pickle")  # fmt: skip


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_checkpoint_is_told_and_the_one_before_it_used(begin, stopped, how):
    newest, *others = checkpoints(stopped)
    assert others
    damaged(newest.path, how)
    changes = [f"training.epochs={stopped.status()['epoch'] + 1}"]
    ask_to_go_on(stopped, changes)
    ended(begin, stopped)
    assert state(stopped) == "finished"
    (note,) = stopped.status()["notes"]
    assert note.startswith(str(newest.path))


def test_a_checkpoint_of_another_run_is_refused(begin, stopped):
    stranger = checkpoints(ended(begin, stack({"training": {"epochs": 1}})))[0]
    shutil.rmtree(stopped.file("checkpoint"))
    stopped.file("checkpoint").mkdir()
    shutil.copy(stranger.path, stopped.file(checkpoint_name(1)))
    before = stopped.file("events.jsonl").read_bytes()
    ask_to_go_on(stopped)
    ended(begin, stopped)
    assert state(stopped) == "stopped"
    assert "belongs to other events" in stopped.status()["refused"]
    assert stopped.file("events.jsonl").read_bytes() == before


def test_what_a_dead_trainer_left_half_written_is_swept_and_a_living_one_keeps_its(begin, stopped):
    dead = stopped.file(".status.json.99999999.abc.tmp")
    mine = stopped.file(f"checkpoint/.step-1.{os.getpid()}.abc.tmp")
    for path in (dead, mine):
        path.write_text("half")
    ask_to_go_on(stopped)
    begin(stopped)
    wait_for(lambda: state(stopped) == "running")
    assert (dead.exists(), mine.exists()) == (False, True)


def test_a_lost_run_shows_the_end_of_its_log_and_how_to_go_on(begin):
    run = new_run(epochs=FOREVER)
    pid = begin(run)
    wait_for(lambda: "epoch" in kinds(run))
    run.file("trainer.log").write_text("trainer 1\nthe last words")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: has_ended(run))
    told = report(run)
    assert state(run) == "lost"
    assert "the last words" in told
    assert f"tui-lab resume {run.id}" in told
