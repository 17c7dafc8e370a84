"""The data screen by its keys: columns, target, task, gaps, split, and what becomes of them."""

import threading
from contextlib import asynccontextmanager

import pytest
from PIL import Image
from pilot import ColdTrainer, advice_line, messages, opened, text_of, until
from textual.widgets import Static

from tui_lab.data.progress import Cancelled, progressed
from tui_lab.experiment.dataset import Csv
from tui_lab.experiment.own_data import dataset_at
from tui_lab.experiment.presets import read_preset, written
from tui_lab.lab.app import LabApp
from tui_lab.lab.screens.ask import Ask
from tui_lab.lab.screens.data import DataScreen
from tui_lab.lab.widgets.column_list import ColumnList, bars
from tui_lab.runs.run import all_runs

SPECIES = ("Adelie", "Chinstrap", "Gentoo")


@pytest.fixture
def penguins(tmp_path):
    """Three species by two numbers and a word; a name in each row, and a few gaps."""
    path = tmp_path / "penguins.csv"
    rows = [
        f"{SPECIES[i % 3]},{30 + 10 * (i % 3) + i % 7},{'' if i % 20 == 0 else i % 9},"
        f"{('male', 'female')[i % 2]},bird number {i} of all"
        for i in range(120)
    ]
    path.write_text("\n".join(["species,bill,weight,sex,called", *rows]))
    return path


def lab_on(path) -> LabApp:
    found = read_preset("digits")
    lab = LabApp(found.experiment, found.file, data=dataset_at(path))
    lab.warm = ColdTrainer()
    return lab


@asynccontextmanager
async def data_screen(path, size=(80, 24)):
    lab = lab_on(path)
    async with lab.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await settled(lab, pilot)
        yield lab, pilot


async def settled(lab, pilot) -> DataScreen:
    """Until the profile is that of what is shown."""
    screen = lab.screen
    await until(pilot, lambda: screen.is_fresh or screen.error)
    await pilot.pause()
    return screen


def known(lab) -> str:
    return text_of(lab.screen.query_one("#known", Static))


def column_line(lab, name: str) -> str:
    columns = lab.screen.query_one(ColumnList)
    return next(columns.line(row) for row in columns.rows if row.name == name)


async def press(lab, pilot, *keys: str) -> None:
    await pilot.press(*keys)
    if isinstance(lab.screen, DataScreen):
        await settled(lab, pilot)


async def test_a_table_is_shown_column_by_column(penguins):
    async with data_screen(penguins) as (lab, _):
        assert "penguins.csv · 120 rows · 5 columns" in known(lab)
        assert "target species · 3 classes: Adelie ×40, Chinstrap ×40, Gentoo ×40" in known(lab)
        assert 'task auto: "species" holds 3 different texts' in known(lab)
        assert "train 84 · validation 18 · test 18 · stratified · gaps: median" in known(lab)
        assert column_line(lab, "species").split()[:2] == ["→", "species"]
        bill = column_line(lab, "bill").split()
        assert bill[:7] == ["✓", "bill", "numbers", "–", "30", "…", "56"]
        assert float(bill[-2]) > 0.9
        assert column_line(lab, "weight").split()[3] == "6"
        assert column_line(lab, "called").split()[:3] == ["✗", "called", "names"]


async def test_what_the_highlighted_column_is_stands_below(penguins):
    async with data_screen(penguins) as (lab, pilot):
        below = lab.screen.query_one("#column", Static)
        await pilot.press("j")
        assert "bill: numbers" in text_of(below)
        assert "tells of the target: 0.9" in text_of(below)
        await pilot.press("end")
        assert "does not enter: its texts differ in most rows, like names" in text_of(below)


async def test_a_column_made_from_the_target_is_told_first_and_marked(tmp_path):
    path = tmp_path / "leak.csv"
    rows = [f"{i % 50},,x,{i % 7},{i % 2},{i % 2}" for i in range(120)]
    path.write_text("\n".join(["a,empty,constant,b,code,sick", *rows]))
    async with data_screen(path) as (lab, pilot):
        notes = lab.screen.query_one("#notes")
        first = text_of(notes.query_one(Static)).splitlines()[0]
        assert first.startswith('⚠ "code" alone tells "sick"')
        assert column_line(lab, "code").endswith("1.00 ⚠")
        await pilot.resize_terminal(140, 45)
        await pilot.pause()
        assert notes.max_scroll_y == 0


async def test_from_a_file_to_the_table_of_a_network_by_keys_alone(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await press(lab, pilot, "end", "k", "t")
        assert "target sex" in known(lab)
        await press(lab, pilot, "home", "t")
        await pilot.press("enter")
        await until(pilot, lambda: lab.screen is lab.main and lab.main.facts)
        await pilot.pause()
        assert "→ 3 ·" in advice_line(lab)
        await pilot.press("t")
        await until(pilot, lambda: lab.main.view.has_class("-done"))
        (run,) = all_runs()
        assert run.status()["name"] == "penguins"
        assert run.summary()["test"]["accuracy"] > 0.8
        assert run.result()["beats_baseline"] is True


async def test_columns_are_taken_out_and_in_and_a_usual_choice_is_not_written_down(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await press(lab, pilot, "down", "space")
        assert lab.screen.dataset.columns == ("weight", "sex")
        assert column_line(lab, "bill").startswith("✗ bill")
        await press(lab, pilot, "space")
        assert lab.screen.dataset.columns is None
        await press(lab, pilot, "space", "down", "space", "down", "space")
        assert lab.screen.dataset.columns == ("sex",)
        assert "one column at least has to enter" in messages(lab)[-1]
        await press(lab, pilot, "end", "space", "home", "space")
        assert lab.screen.dataset.columns == ("sex", "called")
        assert "the target can't enter" in messages(lab)[-1]
        await pilot.press("enter")
        await until(pilot, lambda: lab.screen is lab.main)
        assert "- sex\n" in written(lab.main.experiment) or "[sex" in written(lab.main.experiment)


async def test_a_target_that_can_not_be_learned_stays_as_a_sentence_and_is_not_used(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await press(lab, pilot, "end", "t")
        assert "names, too many to be classes" in known(lab)
        await press(lab, pilot, "m")
        assert "gaps: mean" in known(lab)
        await pilot.press("enter")
        assert isinstance(lab.screen, DataScreen)
        assert "names, too many to be classes" in messages(lab)[-1]
        await press(lab, pilot, "home", "t", "enter")
        await until(pilot, lambda: lab.screen is lab.main)
        assert lab.main.experiment.dataset.target == "species"


async def test_task_and_gaps_go_round_through_their_choices(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await press(lab, pilot, "c")
        assert lab.screen.dataset.task == "classification"
        assert "task classification\n" in known(lab)
        await press(lab, pilot, "c", "c", "m", "m")
        assert lab.screen.dataset.task == "auto"
        assert "gaps: most frequent" in known(lab)


async def test_the_split_is_edited_and_a_wrong_one_stays_with_its_sentence(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("s", "enter")
        lab.focused.value = "[0.5, 0.6, 0.25]"
        await pilot.press("enter")
        await pilot.pause()
        told = str(lab.screen.query_one(".facts", Static).visual)
        assert "the three shares must sum to 1" in told
        await pilot.press("enter")
        lab.focused.value = "[0.5, 0.25, 0.25]"
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await settled(lab, pilot)
        assert "train 60 · validation 30 · test 30" in known(lab)


async def test_a_split_file_that_is_not_there_is_marked(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("s", "down", "down", "down", "down", "enter")
        lab.focused.value = "no-such-file.csv"
        await pilot.press("enter")
        await pilot.pause()
        assert "there is no such file" in text_of(lab.screen.query_one(".facts", Static))
        assert lab.screen.experiment.dataset.test is None


async def test_the_first_rows_stand_as_in_the_file(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("v")
        table = lab.screen.query_one("#rows")
        assert lab.focused is table
        assert table.row_count == 100
        before = lab.screen.dataset
        await pilot.press("space", "t", "slash")
        assert lab.screen.dataset == before
        assert isinstance(lab.screen, DataScreen)
        assert [str(cell) for cell in table.get_row_at(0)] == [
            "2", "Adelie", "30", "", "male", "bird number 0 of all",
        ]  # fmt: skip
        await pilot.press("v")
        assert isinstance(lab.focused, ColumnList)


async def test_a_column_is_found_by_its_name(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("slash", *"wei", "enter")
        await pilot.pause()
        assert lab.screen.query_one(ColumnList).row.name == "weight"


async def test_a_file_that_has_changed_is_refused_before_a_run_is_made_and_f_takes_it(penguins):
    sealed = Csv(csv=str(penguins), target="species").sealed()
    async with opened("iris") as (lab, pilot):
        lab.main.become(lab.main.experiment.replace(dataset=sealed, layers=None))
        await until(pilot, lambda: lab.main.facts)
        penguins.write_text(penguins.read_text() + "\nAdelie,31,2,male,one more\n")
        await pilot.press("t")
        await pilot.pause()
        assert "f: use it as it is now" in advice_line(lab)
        assert all_runs() == []
        await pilot.press("f")
        await until(pilot, lambda: lab.main.facts or lab.main.data_error)
        assert not lab.main.data_error
        assert lab.main.facts.rows == 121
        assert not lab.main.wrong


async def test_pictures_of_different_sizes_are_brought_to_one_by_a_key(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for side in range(8, 20):
            picture = Image.new("L", (max(side, 10), 8), 10 * side)
            picture.save(tmp_path / "photos" / kind / f"{side}.png")
    async with data_screen(tmp_path / "photos") as (lab, pilot):
        assert "f: bring all to 8x10" in known(lab)
        await press(lab, pilot, "f")
        await until(pilot, lambda: lab.screen.profile)
        await pilot.press("enter")
        await until(pilot, lambda: lab.screen is lab.main)
        assert lab.main.experiment.dataset.size == (8, 10)


async def test_escape_goes_back_without_the_file(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("escape")
        assert lab.screen is lab.main
        assert lab.main.experiment.dataset.name == "digits"
        assert messages(lab)[-1].startswith("penguins.csv is not used: this is the preset digits")


async def test_an_experiment_on_a_file_is_not_thrown_away_without_a_question(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: lab.screen is lab.main and lab.main.facts)
        await pilot.pause()
        assert "penguins*" in text_of(lab.main.query_one("#name", Static))
        await pilot.press("o", *"iris", "enter")
        await until(pilot, lambda: isinstance(lab.screen, Ask))
        assert lab.screen.question == "There are unsaved changes."


async def test_a_file_that_is_no_table_says_so_and_is_not_used(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("a,b\n1,2\n3\n")
    async with data_screen(path) as (lab, pilot):
        assert "broken.csv:3: this row has 1 field, the header has 2" in known(lab)
        await pilot.press("t", "space", "c", "m", "s", "v", "enter", "question_mark", "escape")
        assert isinstance(lab.screen, DataScreen)


async def test_another_file_is_opened_from_the_main_screen_and_undone(penguins):
    async with opened("iris") as (lab, pilot):
        await pilot.press("b")
        lab.focused.value = f"{penguins.parent}/pen"
        await pilot.pause()
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await settled(lab, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: lab.main.facts and lab.main.facts.name == "penguins.csv")
        await pilot.pause()
        assert lab.main.experiment.title == ""
        assert "penguins*" in text_of(lab.main.query_one("#name", Static))
        assert "iris" not in text_of(lab.main.query_one("#intro", Static)).lower()
        assert "→ 3 ·" in advice_line(lab)
        await pilot.press("u")
        await until(pilot, lambda: lab.main.facts)
        assert "iris " in text_of(lab.main.query_one("#name", Static))
        assert lab.main.experiment.title == read_preset("iris").experiment.title


async def test_other_gaps_or_columns_leave_the_network_as_it_was_made(penguins):
    async with opened("iris") as (lab, pilot):
        lab.main.become(
            lab.main.experiment.replace(dataset=Csv(csv=str(penguins), target="species"))
        )
        await until(pilot, lambda: lab.main.facts)
        before = lab.main.experiment.layers
        await pilot.press("e")
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await settled(lab, pilot)
        await press(lab, pilot, "m", "enter")
        await until(pilot, lambda: lab.screen is lab.main and lab.main.facts)
        assert lab.main.experiment.dataset.missing == "mean"
        assert lab.main.experiment.layers == before


async def test_a_shipped_table_is_looked_at_but_its_target_stays():
    async with opened("iris") as (lab, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await settled(lab, pilot)
        assert "train 105 · validation 23 · test 22" in known(lab)
        assert "setosa ×50" in known(lab)
        await pilot.press("t", "space", "c", "m", "enter")
        assert lab.screen is lab.main
        assert not lab.main.history.is_changed


async def test_pictures_are_drawn_with_their_classes():
    async with opened("digits") as (lab, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await settled(lab, pilot)
        grid = lab.screen.query_one("#samples")
        assert lab.focused is grid
        await until(pilot, lambda: "▀" in text_of(grid.query_one(Static)))
        names = text_of(grid.query_one(Static)).splitlines()[4].split()
        assert names == ["0", "1", "2", "3", "4", "5", "6"]


async def test_a_long_reading_tells_how_far_it_is_and_escape_stops_it(penguins, monkeypatch):
    """The reader here goes on for ever, telling how far it is, until it is stopped."""
    stopped = threading.Event()

    def endless(dataset):
        try:
            while True:
                progressed(0.4)
        except Cancelled:
            stopped.set()
            raise

    monkeypatch.setattr("tui_lab.data.profile.frame_of", endless)
    lab = lab_on(penguins)
    async with lab.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(lab.screen, DataScreen))
        await until(pilot, lambda: "reading penguins.csv … 40%" in known(lab))
        await pilot.press("enter")
        assert messages(lab) == ["the file is still being read"]
        await pilot.press("escape")
        await until(pilot, stopped.is_set)
        assert lab.screen is lab.main


async def test_what_is_not_yet_known_is_used_only_when_it_is_right(penguins):
    async with data_screen(penguins) as (lab, pilot):
        await pilot.press("end", "t", "enter")
        await until(pilot, lambda: messages(lab))
        assert "names, too many to be classes" in messages(lab)[-1]
        assert isinstance(lab.screen, DataScreen)
        await pilot.press("home", "t", "enter")
        await until(pilot, lambda: lab.screen is lab.main)
        assert lab.main.experiment.dataset.target == "species"


async def test_what_is_no_longer_wanted_is_not_shown(penguins, monkeypatch):
    """Of quick changes only the last one counts, however long the others take."""
    async with data_screen(penguins) as (lab, pilot):
        await press(lab, pilot, "down", "t", "down", "t", "down", "t", "home", "t")
        assert lab.screen.dataset.target == lab.screen.profile.facts.target == "species"


@pytest.mark.parametrize(
    ("values", "drawn"), [((), ""), ((0, 1, 8), " ▁█"), ((5,), "█"), ((0, 0), "  ")]
)
def test_bars_show_that_there_is_something_however_little(values, drawn):
    assert bars(values) == drawn
