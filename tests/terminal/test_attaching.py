"""A training outlives its lab; others join it, look on together, and one of them steers."""

import subprocess

from terminal.pty_lab import PROGRAM, waited


def epochs(run) -> list[int]:
    return [event["epoch"] for event in run.events() if event["event"] == "epoch"]


def attached(open_lab, run):
    lab = open_lab("attach", run.id)
    lab.wait_for("running epoch", "loss")
    return lab


def test_the_lab_killed_and_the_window_closed_the_run_is_joined_steered_and_goes_on(
    training, open_lab
):
    lab, run = training(100_000)
    lab.wait(lambda: epochs(run))
    lab.process.kill()
    lab.process.wait()
    lab.hang_up()
    seen = len(epochs(run))
    assert waited(lambda: len(epochs(run)) > seen)

    one, other = attached(open_lab, run), attached(open_lab, run)
    one.press(" ")
    one.wait_for("paused")
    other.wait_for("paused")
    other.press(" ")
    other.wait_for("being steered")
    assert epochs(run) == list(range(1, len(epochs(run)) + 1))

    one.press("3")
    one.wait(lambda: "Add" not in one.screen.text)
    one.press("j\r")
    one.wait_for("esc Cancel")
    one.press("0.0123\r")
    one.wait(lambda: "0.0123" in one.screen.text and "esc Cancel" not in one.screen.text)
    one.press("A")
    one.wait_for("from the next")
    assert waited(lambda: run.status().get("changes") == ["optimizer.lr=0.0123"])
    one.press(" ")
    one.wait_for("running epoch")
    seen = len(epochs(run))
    assert waited(lambda: len(epochs(run)) > seen)

    one.press("q")
    one.wait_for("leave it running")
    one.press("l")
    one.wait_for("unsaved changes")
    one.press("d")
    one.exit_code()
    other.press(" ")  # now it may
    other.wait_for("paused")


def test_without_a_terminal_attach_shows_the_progress_until_the_end(training):
    run = training(100_000)[1]
    command = [PROGRAM, "attach", run.id]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1) as process:
        assert "running" in process.stderr.readline().decode()
        run.ask(do="stop")
        out, _ = process.communicate()
    assert process.returncode == 0
    assert "majority baseline" in out.decode()
