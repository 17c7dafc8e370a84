"""Training from the lab: by keys to the exported weights, and what goes wrong on the way."""

import os
import signal

import torch
from pilot import add_layer, edit, messages, network_title, opened, text_of, type_text, until
from recorded import recorded_run
from textual.widgets import Static

from tui_lab.lab.panels.results import ResultsPanel
from tui_lab.lab.widgets.chart import Chart
from tui_lab.runs.run import all_runs


async def test_from_a_dataset_to_exported_weights_by_keys_alone(tmp_path):
    path = tmp_path / "weights.pt"
    async with opened("iris") as (lab, pilot):
        await pilot.press("b")
        await type_text(pilot, "digits")
        await pilot.press("enter", "D")
        for layer in ("Linear 64", "ReLU", "Linear 10"):
            await add_layer(pilot, layer)
        assert "4,810 parameters" in network_title(lab)
        await edit(pilot, "epochs", "5")
        await pilot.press("t")
        await until(pilot, lambda: lab.main.query_one(ResultsPanel).display)
        assert lab.main.view.state == "finished"
        await pilot.press("5")
        table = text_of(lab.main.query_one(ResultsPanel).query_one(Static))
        accuracy = next(line for line in table.split("\n") if line.startswith("accuracy"))
        assert float(accuracy.split()[-1]) == round(all_runs()[0].summary()["test"]["accuracy"], 4)
        await pilot.press("x", "enter")
        await type_text(pilot, str(path))
        await pilot.press("enter")
        await until(pilot, path.is_file)
    weights = torch.load(path, weights_only=True)
    assert {name: tuple(x.shape) for name, x in weights.items()} == {
        "0.weight": (64, 64), "0.bias": (64,), "2.weight": (10, 64), "2.bias": (10,),
    }  # fmt: skip


async def test_curves_grow_and_training_pauses_goes_on_and_stops():
    async with opened() as (lab, pilot):
        view = lab.main.view
        await edit(pilot, "epochs", "100000")
        await pilot.press("t")
        await until(pilot, lambda: len(view.curves.epochs) > 3)
        await pilot.press("t")
        assert view.run.id == all_runs()[0].id
        await pilot.press("space")
        progress = lab.main.query_one("#progress", Static)
        await until(pilot, lambda: "paused" in text_of(progress))
        seen = view.status["epoch"]
        await pilot.press("space")
        await until(pilot, lambda: view.state == "running" and view.status["epoch"] > seen)
        legend = lab.main.query_one("#loss", Chart).render_line(0).text
        assert "t━tra" in legend
        assert "val" in legend
        await pilot.press("s")
        await until(pilot, lambda: lab.main.query_one(ResultsPanel).display)
        assert view.state == "stopped"


async def test_leaving_asks_what_becomes_of_the_training():
    async with opened() as (lab, pilot):
        await edit(pilot, "epochs", "100000")
        await pilot.press("t")
        await until(pilot, lambda: lab.main.view.state == "running")
        await pilot.press("q", "escape", "q", "s")
        await until(pilot, lambda: lab.screen is not lab.main)
        await pilot.press("d")
        await until(pilot, lambda: lab._exit)
        run = all_runs()[0]
        await until(pilot, lambda: run.status()["state"] == "stopped")


async def test_a_killed_trainer_is_told_and_the_lab_lives_on():
    async with opened() as (lab, pilot):
        await edit(pilot, "epochs", "100000")
        await pilot.press("t")
        await until(pilot, lambda: lab.main.view.state == "running")
        os.kill(lab.main.view.status["pid"], signal.SIGKILL)
        await until(pilot, lambda: messages(lab) and "lost" in messages(lab)[-1])
        await pilot.press("2", "D")
        await pilot.pause()
        assert lab.main.experiment.layers == ()


async def test_a_diverged_run_says_the_step_and_what_to_try():
    async with opened("5.3-learning-rate") as (lab, pilot):
        await edit(pilot, "lr", "1e30")
        await pilot.press("t")
        await until(pilot, lambda: messages(lab))
        assert "diverged" in messages(lab)[-1]
        assert "step" in messages(lab)[-1]
        assert "lr" in messages(lab)[-1]


async def test_on_a_low_screen_curves_and_results_take_turns():
    async with opened(size=(80, 24)) as (lab, pilot):
        lab.main.view.follow(recorded_run())
        results = lab.main.query_one(ResultsPanel)
        await until(pilot, lambda: results.display)
        await pilot.press("4")
        await until(pilot, lambda: not results.display)
        await pilot.press("5")
        await until(pilot, lambda: results.display and results in lab.focused.ancestors_with_self)
