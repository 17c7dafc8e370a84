"""Taking a trained network over by the lab's keys."""

import pytest
from pilot import add_layer, advice_line, edit, messages, opened, stack, text_of, type_text, until
from textual.widgets import Static
from untrained import untrained

from tui_lab.lab.panels.settings import Settings
from tui_lab.lab.screens.ask import Ask
from tui_lab.lab.screens.choose import Choose


async def take(pilot, answer: str, up_to: str = "") -> None:
    """Takes over the newest run's network."""
    await pilot.press("T")
    await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
    await pilot.press("enter")
    await until(pilot, lambda: getattr(pilot.app.screen, "heading", "").startswith("Keep"))
    if up_to:
        await type_text(pilot, up_to)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
    await pilot.press(answer)
    await until(pilot, lambda: pilot.app.screen is pilot.app.main)


async def test_the_layers_of_a_run_are_taken_with_a_new_head_and_frozen():
    untrained("digits")
    async with opened("5.4b-scratch") as (lab, pilot):
        before = lab.main.experiment
        await take(pilot, "a")
        rows = [row.split("  ")[0] for row in stack(lab)]
        assert rows == ["1 Linear 64 < ❄", "2 ReLU", "3 Linear 32 < ❄", "4 ReLU", "5 Linear 2"]
        assert "ready" in advice_line(lab)
        assert "(66 trainable)" in advice_line(lab)
        weights = lab.main.experiment.weights
        assert (weights.from_, weights.layers) == ("digits-1", 4)
        await pilot.press("u")
        assert lab.main.experiment == before
        assert "<" not in "".join(stack(lab))


async def test_layers_can_be_kept_up_to_any_and_frozen_one_by_one():
    untrained("digits")
    async with opened("5.4b-scratch") as (lab, pilot):
        await take(pilot, "s", up_to="1 Lin")
        assert [row.split("  ")[0] for row in stack(lab)] == ["1 Linear 64 <", "2 Linear 2"]
        await pilot.press("home", "z")
        assert stack(lab)[0].startswith("1 Linear 64 < ❄")


async def test_an_edit_that_breaks_the_fit_is_said_and_mended_by_one_key():
    untrained("digits")
    async with opened("5.4b-scratch") as (lab, pilot):
        await take(pilot, "n")
        await pilot.press("home")
        await add_layer(pilot, "Linear 7")
        assert '"1.weight" is not in the file' in advice_line(lab)
        assert "f: try layers: 1" in advice_line(lab)
        await pilot.press("t")
        assert lab.main.view.run is None
        await pilot.press("f")
        assert "ready" in advice_line(lab)
        assert [" <" in row for row in stack(lab)] == [True] + [False] * 5


async def test_the_rate_of_loaded_layers_is_a_hyperparameter():
    untrained("digits")
    async with opened("5.4b-scratch") as (lab, pilot):
        settings = lab.main.query_one("#settings", Settings)
        assert "lr_factor" not in [entry.label for entry in settings.entries]
        await take(pilot, "n")
        await edit(pilot, "lr_factor", "0.1")
        assert lab.main.experiment.weights.lr_factor == 0.1


async def test_a_network_for_other_data_does_not_fit_and_says_so():
    untrained("digits")
    async with opened("iris") as (lab, pilot):
        await take(pilot, "a")
        assert '"0.weight" is 64x64 in the file but 64x4 here' in advice_line(lab)


async def test_without_a_run_there_is_nothing_to_take():
    async with opened("iris") as (lab, pilot):
        await pilot.press("T")
        await until(pilot, lambda: messages(lab))
        assert "no run with weights yet" in messages(lab)[0]


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_escape_at_any_question_changes_nothing(steps):
    untrained("digits")
    async with opened("5.4b-scratch") as (lab, pilot):
        before = lab.main.experiment
        await pilot.press("T", *["enter"] * (steps - 1), "escape")
        await until(pilot, lambda: lab.screen is lab.main)
        assert lab.main.experiment == before


async def choose(pilot, label: str, text: str) -> None:
    """Edits a setting of the data and waits until the table is read."""
    panel = pilot.app.main.query_one("#data", Settings)
    await pilot.press("1")
    panel.query_one("Rows").highlighted = [entry.label for entry in panel.entries].index(label)
    await pilot.press("enter")
    await type_text(pilot, text)
    await pilot.press("enter")
    await until(pilot, lambda: pilot.app.main.facts or pilot.app.main.data_error)


async def test_rows_and_classes_are_chosen_among_the_data():
    async with opened("iris") as (lab, pilot):
        await choose(pilot, "rows", "[1, 80]")
        assert 'no row of class "virginica" among rows 1-80' in advice_line(lab)
        await choose(pilot, "classes", "{small: [setosa], large: [versicolor]}")
        facts = text_of(lab.main.query_one("#data .facts", Static))
        assert "iris: 80 rows" in facts
        assert "2 classes" in facts
        assert "the network gives 3 numbers, the data needs 2" in advice_line(lab)
        await pilot.press("f")
        assert "ready" in advice_line(lab)
