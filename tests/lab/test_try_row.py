"""Trying a trained network on a row by keys, its process being replaced and once the real one."""

import json

import pytest
from pilot import messages, opened, text_of, type_text, until
from recorded import recorded_run
from said_process import Process
from textual.widgets import Static

from tui_lab.experiment.preparation import Column, SavedPreparation
from tui_lab.experiment.presets import load_preset
from tui_lab.lab.answer import answer, strip
from tui_lab.lab.screens import try_row
from tui_lab.lab.screens.try_row import TryRow
from tui_lab.runs.record import Record
from tui_lab.runs.run import create_run

NASTY = "[@click=app.quit]\x1b[2J\u202ex[/b]"
SAVED = SavedPreparation(
    dataset="t", task="classification", rows=20, target=NASTY, classes=(NASTY, "yes"),
    columns=(Column(name=NASTY), Column(name="kind", words=("ash", "oak", NASTY))),
    fill=(0.0,) * 4, mean=(0.0,) * 4, deviation=(1.0,) * 4, target_mean=0.0, target_deviation=1.0,
)  # fmt: skip
LAYER = {"name": "1 Linear", "shape": "2", "min": -1.5, "mean": 0.25, "max": 2.0}
ANSWER = {
    "probabilities": {NASTY: 0.75, "yes": 0.25}, "layers": [LAYER | {"values": [-1.5, 2.0]}],
}  # fmt: skip
FIRST = {"row": {NASTY: "1.5", "kind": "oak"}, "told": "test row 1 of 9", "target": NASTY, **ANSWER}


@pytest.fixture
def finished(monkeypatch):
    """A run whose network can be tried, by a process that is none."""
    monkeypatch.setattr(try_row, "Answerer", Process)
    run = recorded_run()
    run.file("preparation.json").write_text(SAVED.model_dump_json())
    return run


async def show(lab, pilot, run):
    lab.main.view.follow(run)
    await until(pilot, lambda: lab.main.view.has_class("-done"))
    await pilot.press("i")
    await until(pilot, lambda: isinstance(lab.screen, TryRow))


def shown(lab, name: str) -> str:
    return text_of(lab.screen.query_one(name, Static))


def rows(lab) -> list[str]:
    return [str(option.prompt) for option in lab.screen.query_one("Rows").options]


async def test_a_value_is_changed_and_answered_anew(finished):
    async with opened() as (lab, pilot):
        await show(lab, pilot, finished)
        assert shown(lab, "#told") == "starting PyTorch …"
        await pilot.press("enter")
        assert isinstance(lab.screen, TryRow)
        Process.last.said.put(FIRST)
        await until(pilot, lambda: "0.7500" in shown(lab, "#answer"))
        assert shown(lab, "#told").startswith("test row 1 of 9 · true [@click=app")
        assert "min -1.5  mean 0.25  max 2" in shown(lab, "#layers")
        assert "-1.5 2\n ▁█" in shown(lab, "#layers")
        await pilot.press("enter")
        await type_text(pilot, "7")
        await pilot.press("enter")
        assert Process.last.asked == [{"row": {NASTY: "7", "kind": "oak"}}]
        Process.last.said.put(ANSWER | {"probabilities": {NASTY: 0.1, "yes": 0.9}})
        await until(pilot, lambda: "0.9000" in shown(lab, "#answer"))
        assert shown(lab, "#told").startswith("changed from test row 1 of 9")
        await pilot.press("j", "enter")
        await type_text(pilot, "ash")
        await pilot.press("enter")
        assert Process.last.asked[-1]["row"]["kind"] == "ash"
        Process.last.said.put({"error": "kind is \x1b wrong"})
        await until(pilot, lambda: shown(lab, "#told") == "kind is \\x1b wrong")
        assert rows(lab)[1].endswith("ash")
        await pilot.press("n")
        assert Process.last.asked[-1] == {"another": True}
        await pilot.press("escape")
        await pilot.pause()
        assert lab.screen is lab.main
        assert Process.last.closed


async def test_hostile_names_are_only_text(finished):
    async with opened() as (lab, pilot):
        await show(lab, pilot, finished)
        Process.last.said.put(FIRST)
        await until(pilot, lambda: "0.7500" in shown(lab, "#answer"))
        for text in (shown(lab, "#told"), shown(lab, "#answer"), *rows(lab)):
            assert all(line.isprintable() for line in text.split("\n"))
        assert "[@click=app" in rows(lab)[0]
        await pilot.press("enter")
        assert "[@click=app.quit]\\x1b[2J" in text_of(lab.screen.query_one(Static))
        await pilot.press("escape", "j", "enter")
        assert any("[@click=app.quit]\\x1b[2J" in row for row in rows(lab))
        await pilot.press("escape", "escape")


async def test_a_process_that_dies_is_told_and_started_again(finished):
    async with opened() as (lab, pilot):
        await show(lab, pilot, finished)
        first = Process.last
        first.said.put(None)
        await until(pilot, lambda: "n starts it again" in shown(lab, "#told"))
        assert shown(lab, "#told").startswith("killed \\x1b[2J")
        await pilot.press("n")
        assert Process.last is not first
        Process.last.said.put(FIRST)
        await until(pilot, lambda: "0.7500" in shown(lab, "#answer"))
        await pilot.press("escape")


async def test_a_run_without_a_preparation_is_refused_in_a_sentence(finished):
    finished.file("preparation.json").write_text(json.dumps({"dataset": 1}))
    async with opened() as (lab, pilot):
        lab.main.view.follow(finished)
        await until(pilot, lambda: lab.main.view.has_class("-done"))
        await pilot.press("i")
        await until(pilot, lambda: messages(lab))
        assert "is damaged" in messages(lab)[-1]
        assert lab.screen is lab.main


async def test_the_real_process_answers_for_a_trained_run():
    from tui_lab.training.trainer import Trainer

    run = create_run(load_preset("iris", ("training.epochs=1",)), "iris")
    record = Record(run)
    Trainer(run, record).train()
    async with opened("iris") as (lab, pilot):
        await show(lab, pilot, run)
        await until(pilot, lambda: "starting" not in shown(lab, "#told"))
        assert shown(lab, "#told").startswith("test row 1 of 22 · true class: ")
        assert "setosa" in shown(lab, "#answer")
        process = lab.screen.answerer._process
        before = shown(lab, "#answer")
        await pilot.press("enter")
        await type_text(pilot, "1000")
        await pilot.press("enter")
        await until(pilot, lambda: shown(lab, "#answer") != before)
        await pilot.press("escape")
        await until(pilot, lambda: process.poll() is not None)


def test_values_are_drawn_between_their_least_and_largest():
    assert strip([0.0, 1.0, 0.5, float("nan"), float("inf")]) == "▁█▅××"
    assert strip([3.0, 3.0]) == "▁▁"
    assert strip([]) == ""


def test_a_number_and_many_classes_are_told_short():
    assert str(answer({"value": 1234.5678}, "price")) == "price: 1234.57"
    assert str(answer({"value": None}, "price")) == "price: no finite number"
    many = {f"class {i}": i / 1000 for i in range(30)}
    lines = str(answer({"probabilities": many}, "y")).split("\n")
    assert len(lines) == 11
    assert lines[0].startswith("class 29     0.0290")
    assert lines[-1] == "and 20 less likely"
