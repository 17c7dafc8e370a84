"""The code of the Experiment in the lab: it follows every change and says which lines changed."""

from contextlib import asynccontextmanager

import pytest
from pilot import edit, messages, opened, text_of, until
from recorded import recorded_run
from textual.widgets import Static

from tui_lab.experiment.generated import Moons
from tui_lab.lab.help import HELP
from tui_lab.lab.panels.code import CodePanel


@asynccontextmanager
async def with_code(preset="digits", size=(80, 24)):
    async with opened(preset, size) as (lab, pilot):
        await pilot.press("6")
        await until(pilot, lambda: lab.main.code and lab.main.code.lines)
        yield lab, pilot, lab.main.code


def changed(code: CodePanel) -> list[str]:
    return [code.lines[line].strip() for line in code.changed]


def shown(code: CodePanel) -> list[str]:
    """The lines in sight."""
    top, height = code.scroll_offset.y, code.scrollable_content_region.height
    return text_of(code.query_one(Static)).splitlines()[top : top + height]


@pytest.mark.parametrize("key", ["6", "escape"])
async def test_6_shows_the_code_and_goes_back_to_where_one_was(key):
    async with opened() as (lab, pilot):
        await pilot.press("3")
        before = lab.focused
        await pilot.press("6")
        assert isinstance(lab.focused, CodePanel)
        assert not lab.main.view.display
        await pilot.press(key)
        assert lab.focused is before
        assert lab.main.view.display
        assert not lab.main.query(CodePanel)


async def test_a_changed_setting_changes_its_line_which_is_marked_and_in_sight():
    async with with_code() as (_, pilot, code):
        assert code.changed == []
        await edit(pilot, "lr", "0.125")
        await until(pilot, lambda: code.scroll_offset.y)
        assert len(changed(code)) == 1
        assert "lr=0.125" in changed(code)[0]
        assert [line for line in shown(code) if line.startswith("▌")] == [
            f"▌ {code.lines[code.changed[0]]}"
        ]


async def test_the_code_follows_while_typing_and_back_again():
    async with with_code() as (_, pilot, code):
        before = list(code.lines)
        await edit(pilot, "batch_size", "77", end="escape")
        await until(pilot, lambda: code.changed)
        assert code.lines == before
        await pilot.press("2", "d")
        assert changed(code) == [
            "# The network: 2,410 parameters. The seed decides their first values.", "nn.ReLU(),"
        ]  # fmt: skip
        await pilot.press("u")
        assert "nn.Linear(64, 64)," in changed(code)
        assert code.lines == before


async def test_a_place_far_to_the_right_is_scrolled_to():
    async with with_code() as (_, pilot, code):
        await edit(pilot, "momentum", "0.5")
        await until(pilot, lambda: code.scroll_offset.x)
        left, width = code.scroll_offset.x, code.scrollable_content_region.width
        assert left < changed(code)[0].index("0.5") + 6 < left + width


async def test_weights_from_elsewhere_are_loaded_in_the_code_and_their_rate_is_followed(sources):
    async with with_code("5.4b-transfer") as (_, pilot, code):
        assert {
            "# The weights of network[0], network[2] come from 5.4b-source, the others are random.",
            "network.load_state_dict(weights, strict=False)",
        } < set(code.lines)
        await edit(pilot, "lr_factor", "0.5")
        assert code.changed == []  # because both layers are frozen
        await pilot.press("2", "home", "z")
        assert any('"lr": 0.5 * 0.01' in line for line in changed(code))


async def test_another_dataset_is_read_beside_the_screen():
    async with with_code() as (lab, pilot, code):
        lab.main.become(lab.main.experiment.replace(dataset=Moons(name="moons"), layers=None))
        await until(pilot, lambda: "    nn.Linear(2, 64)," in code.lines)
        assert any('table["class"]' in line for line in changed(code))


async def test_code_that_is_left_before_the_data_are_read_is_not_missed():
    async with opened() as (lab, pilot):
        await pilot.press("6", "6")
        await lab.workers.wait_for_complete()
        await pilot.pause()
        assert lab.main.code is None
        assert lab.is_running


async def test_code_that_is_read_takes_the_whole_of_a_narrow_screen():
    async with with_code() as (_, pilot, code):
        assert code.size.width > 70
        await pilot.press("3")
        await until(pilot, lambda: code.size.width < 45)
        await pilot.press("tab")
        await until(pilot, lambda: code.size.width > 70)


async def test_the_code_scrolls_by_arrows_and_letters():
    async with with_code() as (_, pilot, code):
        await pilot.press("j", "down", "j")
        await until(pilot, lambda: code.scroll_offset.y == 3)
        await pilot.press("k", "up", "l", "right")
        await until(pilot, lambda: code.scroll_offset == (2, 1) or code.scroll_offset.y == 1)
        await pilot.press("question_mark")
        assert pilot.app.screen.text.startswith(HELP["code"])


async def test_the_curves_come_back_when_they_are_asked_for():
    async with opened() as (lab, pilot):
        lab.main.view.follow(recorded_run())
        await until(pilot, lambda: lab.main.view.has_class("-done"))
        await pilot.press("6", "4")
        await until(pilot, lambda: lab.main.query_one("#curves").has_focus_within)
        assert lab.main.view.display
        assert lab.main.code is None


async def test_a_file_with_a_mistake_says_so_in_place_of_code(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1\n")
    path = tmp_path / "p.yaml"
    path.write_text("dataset: {csv: t.csv, target: b}\n")
    async with opened(path) as (lab, pilot):
        await pilot.press("6")
        said = lab.main.code.query_one(Static)
        await until(pilot, lambda: "this row has 1 field" in text_of(said))
        assert not messages(lab)


async def test_hostile_names_are_shown_as_escapes(tmp_path):
    rows = "".join(f"{i},{'[red]' if i % 2 else 'x[/b]'}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"a,\x1b[2J[@click=app.quit]\n{rows}")
    path = tmp_path / "p.yaml"
    path.write_text('dataset: {csv: t.csv, target: "\\e[2J[@click=app.quit]"}\ntitle: "[b]\\e[2J"')
    async with with_code(path) as (_, _, code):
        text = text_of(code.query_one(Static))
        assert "\x1b" not in text
        assert r'table["\x1b[2J[@click=app.quit]"]' in text
        assert "# [b]\\x1b[2J" in text
