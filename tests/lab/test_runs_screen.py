"""The runs screen: finding, labelling, throwing away, opening and marking runs by keys."""

import json

import psutil
import pytest
from pilot import messages, opened, text_of, type_text, until
from recorded import recorded_run
from textual.widgets import Static

from tui_lab.experiment.presets import load_preset
from tui_lab.lab.screens.runs import Runs
from tui_lab.lab.widgets import run_list
from tui_lab.lab.widgets.run_list import RunList
from tui_lab.runs.about import About, write_about
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.status import started

SIZES = [(80, 24), (140, 45)]
HOSTILE = "\x1b]0;owned\x07\u202e[@click=app.quit]x[/]\x9b2J"


def run(name: str, at: float, **status: object) -> Run:
    made = create_run(load_preset("iris"), name)
    told = {"state": "finished", "name": name, "started": at, "epoch": 7, "dataset": "iris"}
    made.file("status.json").write_text(json.dumps(told | status))
    return made


def three() -> list[Run]:
    return [run("one", 1.0), run("two", 2.0, state="diverged", why="too fast"), run("three", 3.0)]


async def show_runs(lab, pilot) -> RunList:
    await pilot.press("r")
    await until(pilot, lambda: isinstance(lab.screen, Runs) and lab.screen.rows is not None)
    await until(pilot, lambda: lab.screen.query("Footer"))
    return lab.screen.run_list


def lines(found: RunList) -> list[str]:
    return [found.render_line(y).text for y in range(found.size.height)]


def ids(found: RunList) -> list[str]:
    return [row.id for row in found.rows]


def heading(lab) -> str:
    return text_of(lab.screen.query_one("#heading", Static))


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_known_of_each_run_stands_in_its_line(size):
    three()
    recorded_run()
    async with opened(size=size) as (lab, pilot):
        found = await show_runs(lab, pilot)
        shown = lines(found)
        assert all(word in shown[0] for word in ("run", "name", "state", "test result", "tags"))
        assert [line.split()[0] for line in shown[1:4]] == ["three-1", "two-1", "one-1"]
        assert "✗ diverged" in shown[2]
        assert "✓ finished" in shown[1]
        assert "acc 0.9852" in shown[4]
        await pilot.press("down")
        assert "too fast" in text_of(lab.screen.query_one("#about", Static))
        footer = lab.screen.query_one("Footer")
        assert [key.description for key in footer.query("FooterKey")][-1] == "Back"


async def test_typing_filters_and_escape_shows_all_again():
    three()
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        await pilot.press("slash", *"tw")
        assert ids(found) == ["two-1"]
        assert "1 of 3" in heading(lab)
        await pilot.press("enter")
        assert found.has_focus
        await pilot.press("escape")
        assert len(found.rows) == 3
        await pilot.press("escape")
        assert lab.screen is lab.main


async def test_runs_are_sorted_by_a_metric_and_turned_round():
    three()
    best = recorded_run()
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        await pilot.press("s")
        await type_text(pilot, "test.f1")
        await pilot.press("enter")
        await until(pilot, lambda: "test.f1" in lines(found)[0])
        assert ids(found)[0] == best.id
        await pilot.press("R")
        assert ids(found)[-1] == best.id


async def test_name_tags_and_note_are_edited_and_shown_at_once():
    made = run("one", 1.0)
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        for key, text in (("n", "better"), ("t", "keep this"), ("N", "lr was 0.01")):
            await pilot.press(key)
            await type_text(pilot, text)
            await pilot.press("enter")
            await until(pilot, lambda: lab.screen.id is None and isinstance(lab.screen, Runs))
        assert made.about == About("better", ("keep", "this"), "lr was 0.01")
        await until(pilot, lambda: "better" in lines(found)[1] and "keep" in lines(found)[1])
        assert "lr was 0.01" in text_of(lab.screen.query_one("#about", Static))
        await pilot.press("t")
        lab.focused.value = "x" * 41
        await pilot.press("enter")
        await until(pilot, lambda: messages(lab))
        assert "one word" in messages(lab)[-1]


async def test_a_deleted_run_comes_back_and_a_training_one_stays():
    run("one", 1.0)
    create_run(load_preset("iris"), "new")
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        await pilot.press("d")
        await until(pilot, lambda: messages(lab))
        assert "new-1 is queued; stop it" in messages(lab)[-1]
        await pilot.press("down", "d")
        await until(pilot, lambda: ids(found) == ["new-1"])
        assert "trash" in messages(lab)[-1]
        await pilot.press("u")
        await until(pilot, lambda: ids(found) == ["new-1", "one-1"])
        await pilot.press("u")
        await until(pilot, lambda: "nothing was deleted" in messages(lab)[-1])


async def test_enter_opens_the_run_with_its_settings_curves_and_tables():
    made = recorded_run()
    async with opened("iris") as (lab, pilot):
        await show_runs(lab, pilot)
        await pilot.press("enter")
        view = lab.main.view
        await until(pilot, lambda: view.has_class("-done"))
        assert (view.run, view.state, view.curves.epochs[-1]) == (made, "finished", 40)
        assert lab.main.experiment == made.experiment
        assert not lab.main.history.is_changed
        assert lab.main.path.stem == "digits"


async def test_unsaved_changes_are_asked_about_and_the_runs_own_record_is_never_written_to():
    made = recorded_run()
    record = made.file("experiment.yaml").read_bytes()
    async with opened("iris") as (lab, pilot):
        await pilot.press("D")
        await show_runs(lab, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: lab.screen is not lab.main)
        assert lab.main.view.run is None
        await pilot.press("d")
        await until(pilot, lambda: lab.main.view.run == made)
        await pilot.press("D", "w")
        assert lab.focused.value == "my-digits.yaml"
        assert made.file("experiment.yaml").read_bytes() == record


async def test_a_run_that_goes_on_is_shown_anew_and_nothing_else_is_drawn(monkeypatch):
    three()
    made = create_run(load_preset("iris"), "new")
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        drawn = []
        monkeypatch.setattr(found, "refresh", lambda *regions, **_: drawn.extend(regions))
        before = found._drawn
        for _ in range(3):
            lab.screen._look()
            await until(pilot, lambda: not lab.screen._is_reading)
        assert drawn == []
        told = made.status() | {"epoch": 3}
        made.file("status.json").write_text(json.dumps(told))
        await until(pilot, lambda: drawn)
        assert [region.y for region in drawn] == [1]
        assert found._drawn[2:] == before[2:]


async def test_a_run_that_trains_is_followed_to_its_end():
    mine = psutil.Process()
    alive = {"state": "running", "pid": mine.pid, "process_started": started(mine), "epochs": 9}
    made = run("one", 1.0, **alive)
    table = {"loss": 1.0, "accuracy": 0.5}
    event = {"event": "epoch", "epoch": 1, "train": table, "validation": table}
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        assert "▶ running" in lines(found)[1]
        await pilot.press("enter")
        view = lab.main.view
        await until(pilot, lambda: view.state == "running")
        assert view.is_training
        made.file("events.jsonl").write_text(json.dumps(event) + "\n")
        await until(pilot, lambda: view.curves.epochs == [1])
        made.file("status.json").write_text(json.dumps(alive | {"state": "stopped"}))
        await until(pilot, lambda: view.has_class("-done"))


async def test_hostile_names_tags_and_notes_are_plain_text_everywhere():
    made = run(HOSTILE, 1.0, why=HOSTILE, dataset=HOSTILE, parent={"run": HOSTILE, "step": 3})
    write_about(made.file("about.json"), About(HOSTILE, (), HOSTILE))
    made.file("about.json").write_text(json.dumps({"name": HOSTILE, "tags": [HOSTILE, "[red]"]}))
    async with opened(size=(140, 45)) as (lab, pilot):
        found = await show_runs(lab, pilot)
        shown = [*lines(found), text_of(lab.screen.query_one("#about", Static))]
        assert all(line.isprintable() for line in shown)
        assert "[red]" in shown[1]
        assert "\\x1b]0;owned" in shown[-1]
        for keys in (("n", "escape"), ("t", "escape"), ("d",), ("u",), ("enter",)):
            await pilot.press(*keys)
        await until(pilot, lambda: lab.main.view.run == made)
        await pilot.press("question_mark")
        assert lab.is_running


async def test_without_runs_it_says_how_to_get_one():
    async with opened() as (lab, pilot):
        await show_runs(lab, pilot)
        assert "t in the main screen trains one" in heading(lab)
        await pilot.press(*"scndtNuR", "space", "enter", "slash", "escape")
        assert lab.is_running


async def test_of_a_thousand_rows_only_those_on_the_screen_are_made(monkeypatch):
    base = run("one", 1.0)
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        row = found.rows[0]
        made = []
        monkeypatch.setattr(run_list, "_started", lambda row: made.append(row.id) or "")
        found.show([row] * 100_000, {}, "started")
        assert len(made) <= 2 * found.size.height
        await pilot.press("end")
        assert found.place == 99_999
        assert base.id in found.render_line(found.size.height - 1).text


@pytest.mark.parametrize("width", [80, 140])
async def test_of_a_long_id_the_number_stays(width):
    made = run("a-name-that-is-far-too-long-for-any-list", 1.0)
    run("a-name-that-is-far-too-long-for-any-list", 2.0)
    async with opened(size=(width, 24)) as (lab, pilot):
        shown = lines(await show_runs(lab, pilot))
        assert "…" in shown[2].split()[0]
        assert shown[2].split()[0].endswith(made.id[-5:])
