"""How the lab looks: a few pictures (`make snapshots` takes them anew; look at them before)."""

import pytest
from pilot import ColdTrainer, add_layer, text_of, until
from recorded import STATUS, recorded_run

from tui_lab.experiment.presets import read_preset
from tui_lab.lab.app import LabApp
from tui_lab.lab.screens.compare import Compare
from tui_lab.runs.run import Run, all_runs

SMALL, LARGE = (80, 24), (140, 45)


def lab_on(preset: str) -> LabApp:
    found = read_preset(preset)
    lab = LabApp(found.experiment, found.file)
    lab.warm = ColdTrainer()
    return lab


async def ready(pilot):
    await until(pilot, lambda: pilot.app.main.facts)


def pressing(*keys: str):
    async def press(pilot):
        await ready(pilot)
        await pilot.press(*keys)

    return press


async def show_run(pilot):
    await ready(pilot)
    view = pilot.app.main.view
    view.follow(recorded_run())
    await until(pilot, lambda: view.status)
    await pilot.pause()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_start(snap_compare, size):
    assert snap_compare(lab_on("digits"), terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_finished(snap_compare, size):
    async def show(pilot):
        await show_run(pilot)
        await until(pilot, lambda: pilot.app.main.view.has_class("-done"))

    assert snap_compare(lab_on("digits"), terminal_size=size, run_before=show)


def test_running(snap_compare, monkeypatch):
    monkeypatch.setattr(Run, "status", lambda run: STATUS | {"state": "running", "epoch": 30})

    async def show(pilot):
        await show_run(pilot)
        told = pilot.app.main.query_one("#progress")
        view = pilot.app.main.view
        await until(pilot, lambda: view.curves.epochs and view.told(wide=False) in text_of(told))
        view._timer.pause()

    assert snap_compare(lab_on("digits"), terminal_size=SMALL, run_before=show)


def test_comparing(snap_compare):
    async def compare(pilot):
        await ready(pilot)
        for lr in ("0.05", "0.01"):
            record = recorded_run().file("experiment.yaml")
            record.write_text(record.read_text().replace("lr: 0.05", f"lr: {lr}"))
        pilot.app.push_screen(Compare(all_runs()))
        await until(pilot, lambda: isinstance(pilot.app.screen, Compare) and pilot.app.screen.them)
        await pilot.pause()

    assert snap_compare(lab_on("digits"), terminal_size=SMALL, run_before=compare)


def test_adding_a_layer(snap_compare):
    keys = ["end", "a", *"Conv2d 8 3"]
    assert snap_compare(lab_on("digits_conv"), terminal_size=SMALL, run_before=pressing(*keys))


def test_advice(snap_compare):
    async def mislead(pilot):
        await ready(pilot)
        await pilot.press("end")
        await add_layer(pilot, "Softmax")
        await pilot.press("k", "z")

    assert snap_compare(lab_on("4.1-multiclass"), terminal_size=SMALL, run_before=mislead)


def test_a_wrong_setting(snap_compare):
    keys = ["3", "down", "enter", *"fast", "tab"]
    assert snap_compare(lab_on("digits"), terminal_size=SMALL, run_before=pressing(*keys))


def test_help(snap_compare):
    assert snap_compare(lab_on("digits"), terminal_size=SMALL, run_before=pressing("question_mark"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_looking_at_the_data(snap_compare, size):
    async def look(pilot):
        await ready(pilot)
        await pilot.press("e")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.is_fresh)
        await pilot.pause()

    assert snap_compare(lab_on("iris"), terminal_size=size, run_before=look)
