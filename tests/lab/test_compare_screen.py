"""Runs compared on the screen: every run by its letter, what differs, and the verdict."""

import json

import pytest
from pilot import messages, opened, text_of, until
from recorded import recorded_run
from test_runs_screen import HOSTILE, SIZES, lines, run, show_runs
from textual.widgets import Static

from tui_lab.lab.screens.compare import Compare
from tui_lab.lab.widgets.chart import Chart
from tui_lab.runs.about import About, write_about


def recorded(count: int) -> None:
    for number in range(count):
        made = recorded_run()
        record = made.file("experiment.yaml")
        record.write_text(record.read_text().replace("lr: 0.05", f"lr: 0.{number + 1}"))


async def compare(lab, pilot, *keys: str) -> None:
    await show_runs(lab, pilot)
    await pilot.press(*keys, "c")
    await until(pilot, lambda: isinstance(lab.screen, Compare) and lab.screen.them)
    await pilot.pause()


def chart(lab) -> list[str]:
    found = lab.screen.query_one(Chart)
    return [found.render_line(y).text for y in range(found.size.height)]


@pytest.mark.parametrize("size", SIZES)
async def test_eight_runs_have_a_letter_each_in_legend_curves_and_table(size):
    recorded(8)
    async with opened(size=size) as (lab, pilot):
        await compare(lab, pilot, *["space", "down"] * 8)
        legend, *picture = chart(lab)
        table = text_of(lab.screen.query_one("#table Static", Static))
        for letter in "ABCDEFGH":
            assert f"{letter} 0." in legend
            assert any(letter in line for line in picture[:-2])
        assert table.split("\n")[0].split() == list("ABCDEFGH")
        assert "optimizer.lr" in table
        assert "training" not in table
        assert "equally good" in text_of(lab.screen.query_one("#verdict", Static))


async def test_keys_show_the_metric_and_the_train_curves():
    recorded(2)
    async with opened() as (lab, pilot):
        await compare(lab, pilot, "space", "down")
        assert chart(lab)[0].startswith("validation loss")
        await pilot.press("v")
        assert chart(lab)[0].startswith("validation accuracy")
        await pilot.press("t")
        assert chart(lab)[0].startswith("train accuracy")
        await pilot.press("left")
        assert "at epoch 39" in chart(lab)[0]
        await pilot.press("question_mark", "escape", "escape")
        await until(pilot, lambda: not isinstance(lab.screen, Compare))


async def test_marks_show_their_letters_and_a_ninth_is_refused():
    recorded(9)
    async with opened() as (lab, pilot):
        found = await show_runs(lab, pilot)
        await pilot.press(*["space", "down"] * 9)
        assert [line[0] for line in lines(found)[1:10]] == [*"ABCDEFGH", " "]
        assert "8 runs are marked" in messages(lab)[-1]
        await pilot.press("home", "space")
        assert [line[0] for line in lines(found)[1:10]] == [" ", *"ABCDEFG", " "]


async def test_without_marks_it_says_how_to_mark_and_unreadable_runs_are_said():
    recorded(1)
    broken = run("broken", 9.0)
    broken.file("experiment.yaml").write_text("datset: x")
    async with opened() as (lab, pilot):
        await show_runs(lab, pilot)
        await pilot.press("c")
        await until(pilot, lambda: messages(lab))
        assert "mark two to eight runs" in messages(lab)[-1]
        await pilot.press("space", "down", "c")
        await until(pilot, lambda: isinstance(lab.screen, Compare))
        names = lab.screen.query_one("#names", Static)
        await until(pilot, lambda: "datset" in text_of(names))
        await pilot.press(*"vtgmzp", "left", "escape")
        assert lab.is_running


async def test_hostile_names_and_values_are_plain_text():
    recorded(2)
    for made in (run(HOSTILE, 9.0), run("x", 8.0)):
        write_about(made.file("about.json"), About(HOSTILE))
        lines = [{"event": "epoch", "epoch": 1, "train": {"loss": 1.0, HOSTILE: 1.0},
                  "validation": {"loss": 1.0, HOSTILE: 1.0}}]  # fmt: skip
        made.file("events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        record = made.file("experiment.yaml")
        content = f"dataset: {{csv: /x, target: {json.dumps(HOSTILE + made.id)}}}"
        record.write_text(content)
    async with opened(size=(140, 45)) as (lab, pilot):
        await compare(lab, pilot, *["space", "down"] * 4)
        await pilot.press("v")
        texts = [text_of(static) for static in lab.screen.query(Static)]
        shown = [line for text in texts for line in text.split("\n")] + chart(lab)
        assert all(line.isprintable() for line in shown)
        assert any("\\x1b]0;owned" in line for line in shown)
