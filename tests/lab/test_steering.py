"""Steering a training by keys: pause, step, other settings, going on, forks, and who may."""

import contextlib

from pilot import edit, messages, opened, text_of, until
from textual.widgets import Static

from tui_lab.lab.panels.results import ResultsPanel
from tui_lab.runs.checkpoints import checkpoints
from tui_lab.runs.going_on import experiment_now
from tui_lab.runs.helm import Helm
from tui_lab.runs.run import all_runs
from tui_lab.runs.start import kill


@contextlib.asynccontextmanager
async def training(epochs: int = 1_000_000):
    """The lab with a training that has learned something, and that doesn't outlive the test."""
    async with opened("iris") as (lab, pilot):
        await edit(pilot, "epochs", str(epochs))
        await pilot.press("t")
        await until(pilot, lambda: lab.main.view.curves.epochs)
        yield lab, pilot, lab.main.view
        for run in all_runs():
            kill(run)


def place(view) -> tuple[int, int]:
    return view.status["epoch"], view.status["batch"]


async def test_a_paused_training_steps_a_batch_and_an_epoch():
    async with training() as (lab, pilot, view):
        assert not lab.main.check_action("do", ("training", "step", "batch"))
        await pilot.press("space")
        await until(pilot, lambda: view.state == "paused")
        epoch, batch = place(view)
        await pilot.press("n")
        await until(pilot, lambda: place(view) == divmod(epoch * 7 + batch + 1, 7))
        await pilot.press("N")
        await until(pilot, lambda: view.status["epoch"] > epoch and view.status["batch"] == 0)
        assert view.state == "paused"


async def test_settings_on_the_screen_are_given_to_the_training_and_marked():
    async with training() as (lab, pilot, view):
        await pilot.press("A")
        await until(pilot, lambda: any("A then applies it" in text for text in messages(lab)))
        await edit(pilot, "lr", "0.0125")
        await pilot.press("A")
        await until(pilot, lambda: view.curves.changes)
        assert view.curves.changes[0][1] == "optimizer.lr=0.0125"
        assert experiment_now(view.run).optimizer.lr == 0.0125
        assert "from the next batch on: optimizer.lr=0.0125" in messages(lab)


async def test_another_terminal_that_steers_is_told_of():
    async with training() as (lab, pilot, view):
        view.helm.leave()
        with Helm(view.run):
            await pilot.press("space")
            await until(pilot, lambda: any("another terminal" in text for text in messages(lab)))
            assert view.state == "running"
        await pilot.press("space")
        await until(pilot, lambda: view.state == "paused")


async def test_what_was_killed_goes_on_by_one_key_and_what_is_finished_by_more_epochs():
    async with training() as (lab, pilot, view):
        run = view.run
        kill(run)
        await until(pilot, lambda: view.state == "lost")
        before = len(view.curves.epochs)
        await edit(pilot, "epochs", "30")
        await until(pilot, lambda: lab.main.query_one(ResultsPanel).display)
        assert checkpoints(run) or before
        await edit(pilot, "epochs", "999999")
        await pilot.press("R")
        await until(pilot, lambda: view.run == run and run.status().get("resumed") == 1)
        await until(pilot, lambda: view.state == "running")
        await pilot.press("s")
        await until(pilot, lambda: view.state == "stopped" and view.has_class("-done"))
        assert len(all_runs()) == 1


async def test_a_fork_goes_on_from_a_checkpoint_with_the_settings_on_the_screen():
    async with training(40) as (lab, pilot, view):
        run = view.run
        await until(pilot, lambda: view.state == "finished")
        await edit(pilot, "lr", "0.5")
        await edit(pilot, "epochs", "42")
        await pilot.press("F")
        assert "Fork" in lab.screen.heading
        await pilot.press("enter")
        await until(pilot, lambda: view.run != run and view.has_class("-done"))
        assert (view.state, view.status["epoch"]) == ("finished", 42)
        assert view.status["parent"]["run"] == run.id
        assert experiment_now(view.run).optimizer.lr == 0.5
        text = text_of(lab.main.query_one(ResultsPanel).query_one(Static))
        assert f"A fork of {run.id} at step" in text
        assert "looked at 2 times" in text


async def test_what_a_training_can_not_take_is_said_and_nothing_is_lost():
    async with training() as (lab, pilot, view):
        await pilot.press("2", "d", "A")
        await until(pilot, lambda: any("not applied: layers" in text for text in messages(lab)))
        assert view.state == "running"
        assert "changed" not in [event["event"] for event in view.run.events()]
