"""The lab by its keys: what is typed, shown, undone, saved and refused."""

import threading
from itertools import pairwise

import pytest
from pilot import (
    ColdTrainer,
    add_layer,
    advice_line,
    edit,
    messages,
    network_title,
    opened,
    stack,
    type_text,
    until,
)
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets._footer import FooterKey

from tui_lab.data.progress import Cancelled, progressed
from tui_lab.experiment.dataset import Csv
from tui_lab.experiment.edits import dropout, written_layer
from tui_lab.experiment.presets import load_preset, read_preset
from tui_lab.lab.app import LabApp
from tui_lab.lab.help import HELP
from tui_lab.lab.panels.layers import Layers
from tui_lab.lab.panels.settings import Settings
from tui_lab.lab.screens.ask import Ask, Help
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.screens.layer import LayerDialog
from tui_lab.lab.widgets.rows import Line
from tui_lab.runs.run import all_runs


async def test_the_total_follows_while_a_layer_is_typed():
    async with opened() as (lab, pilot):
        await pilot.press("D", "a")
        await type_text(pilot, "Linear 64")
        preview = str(lab.screen.query_one("#preview", Static).visual)
        assert "64*64 + 64 = 4,160" in preview
        assert "the whole network: 4,160 parameters" in preview
        await pilot.press("0")
        assert "41,600" in str(lab.screen.query_one("#preview", Static).visual)


async def test_a_picture_enters_as_soon_as_a_convolution_is_typed():
    async with opened() as (lab, pilot):
        await pilot.press("D", "a")
        await type_text(pilot, "Conv2d 8, ReLU, MaxPool2d 2, Flatten, Linear 10")
        preview = str(lab.screen.query_one("#preview", Static).visual)
        assert "72 → 10 · 10*72 + 10 = 730" in preview
        assert "the whole network: 810 parameters" in preview


async def test_several_layers_are_typed_at_once_and_a_begun_name_is_completed():
    async with opened() as (lab, pilot):
        await pilot.press("D")
        await add_layer(pilot, "lin 64, relu, Linear 10")
        assert network_title(lab) == "Network · 4,810 parameters"
        await pilot.press("a")
        await type_text(pilot, "leaky")
        await pilot.press("tab", "0", ".", "1", "enter")
        await pilot.pause()
        assert [written_layer(x) for x in lab.main.experiment.layers][-1] == "LeakyReLU 0.1"


async def test_layers_are_copied_moved_frozen_and_deleted():
    async with opened() as (lab, pilot):
        await pilot.press("D")
        await add_layer(pilot, "Linear 8, ReLU, Linear 10")
        await pilot.press("k", "k", "c", "J", "z")
        assert [written_layer(x) for x in lab.main.experiment.layers] == [
            "Linear 8", "ReLU", "Linear 8", "Linear 10",
        ]  # fmt: skip
        assert "(610 trainable)" in network_title(lab)
        await pilot.press("d")
        assert "❄" not in "".join(stack(lab))
        assert len(lab.main.experiment.layers) == 3


async def test_undo_and_redo_go_through_all_changes():
    async with opened() as (lab, pilot):
        before = lab.main.experiment
        await add_layer(pilot, "Dropout 0.3")
        await edit(pilot, "lr", "0.125")
        after = lab.main.experiment
        assert after.optimizer.lr == 0.125
        await pilot.press("u")
        assert lab.main.experiment.optimizer == before.optimizer
        await pilot.press("u")
        assert lab.main.experiment == before
        await pilot.press("u", "U", "U", "U")
        assert lab.main.experiment == after


async def test_typing_is_one_change_and_escape_takes_it_back():
    async with opened() as (lab, pilot):
        before = lab.main.experiment
        await edit(pilot, "batch_size", "128", end="escape")
        assert lab.main.experiment == before
        await edit(pilot, "batch_size", "128")
        assert lab.main.experiment.dataset.batch_size == 128
        await pilot.press("u")
        assert lab.main.experiment == before


async def test_a_wrong_text_stays_and_forbids_training_until_it_is_mended():
    async with opened() as (lab, pilot):
        await edit(pilot, "lr", "fast", end="tab")
        rows = lab.main.query_one("#settings Rows", OptionList)
        assert any("fast ✗" in str(option.prompt) for option in rows.options)
        assert "lr should be a number" in advice_line(lab)
        await pilot.press("t")
        assert lab.main.view.run is None
        assert "lr should be a number" in messages(lab)[-1]
        await edit(pilot, "lr", "1e-3")
        assert lab.main.experiment.optimizer.lr == 0.001
        assert "ready" in advice_line(lab)


async def test_dropout_is_a_setting_of_the_whole_stack():
    async with opened() as (lab, pilot):
        await edit(pilot, "dropout", "0.4")
        assert [written_layer(x) for x in lab.main.experiment.layers] == [
            "Linear 64", "ReLU", "Dropout 0.4", "Linear 32", "ReLU", "Dropout 0.4", "Linear 10",
        ]  # fmt: skip
        await add_layer(pilot, "Dropout 0.1")
        assert dropout(lab.main.experiment) == "mixed"
        await edit(pilot, "dropout", "0")
        assert not any("Dropout" in row for row in stack(lab))


async def test_early_stopping_takes_the_patience_alone():
    async with opened() as (lab, pilot):
        await edit(pilot, "early_stopping", "5")
        assert lab.main.experiment.training.early_stopping.patience == 5
        await edit(pilot, "early_stopping", "none")
        assert lab.main.experiment.training.early_stopping is None


async def test_the_optimizer_is_chosen_and_keeps_its_rate():
    async with opened() as (lab, pilot):
        await pilot.press("3", "enter")
        assert isinstance(lab.screen, Choose)
        await type_text(pilot, "adamw")
        await pilot.press("enter")
        await pilot.pause()
        optimizer = lab.main.experiment.optimizer
        assert (type(optimizer).__name__, optimizer.lr) == ("AdamW", 0.05)
        await pilot.press("right")
        assert type(lab.main.experiment.optimizer).__name__ == "RMSprop"


async def test_what_misleads_is_said_and_mended_by_one_key():
    async with opened() as (lab, pilot):
        await pilot.press("2", "end")
        await add_layer(pilot, "Softmax")
        assert "Softmax before CrossEntropyLoss" in advice_line(lab)
        await pilot.press("f")
        assert "ready" in advice_line(lab)
        await pilot.press("end", "d")
        assert "the network gives 32 numbers, the data needs 10" in advice_line(lab)
        await pilot.press("t")
        assert lab.main.view.run is None
        await pilot.press("f")
        assert stack(lab)[-1].startswith("5 Linear 10")
        assert "ready" in advice_line(lab)


async def test_another_dataset_fits_the_network_by_one_key():
    async with opened() as (lab, pilot):
        await pilot.press("b")
        await type_text(pilot, "iris")
        await pilot.press("enter")
        await pilot.pause()
        assert "the network gives 10 numbers, the data needs 3" in advice_line(lab)
        await pilot.press("f")
        assert "4 → 3" in advice_line(lab)


async def test_a_preset_whose_table_is_missing_keeps_its_layers(tmp_path):
    path = tmp_path / "lost.yaml"
    path.write_text("dataset: {csv: gone.csv, target: y}\nlayers: [{Linear: 4}, {Linear: 1}]\n")
    async with opened(path) as (lab, pilot):
        assert "gone.csv" in advice_line(lab)
        before = lab.main.experiment
        await pilot.press("a", "d", "D", "z", "c", "J", "enter", "e", "escape", "t", "f", "u")
        assert lab.main.view.run is None
        assert lab.main.experiment == before
        assert stack(lab) == ["1 Linear 4", "2 Linear 1"]
        assert any("gone.csv" in said for said in messages(lab))


async def test_a_preset_is_saved_and_opened_again(tmp_path):
    path = tmp_path / "mine.yaml"
    async with opened() as (lab, pilot):
        await edit(pilot, "epochs", "3")
        await pilot.press("w")
        await type_text(pilot, str(path))
        await pilot.press("enter")
        await pilot.pause()
        assert not lab.main.history.is_changed
        assert load_preset(path) == lab.main.experiment
        await pilot.press("o")
        await type_text(pilot, "circles_linear")
        await pilot.press("enter")
        await pilot.pause()
        assert lab.main.experiment.title == load_preset("circles_linear").title


async def test_a_file_is_replaced_only_after_asking(tmp_path):
    path = tmp_path / "there.yaml"
    path.write_text("precious")
    async with opened() as (lab, pilot):
        for answer in ("escape", "r"):
            await pilot.press("w")
            await type_text(pilot, str(path))
            await pilot.press("enter")
            assert isinstance(lab.screen, Ask)
            assert path.read_text() == "precious"
            await pilot.press(answer)
            await pilot.pause()
    assert load_preset(path).title == "Read handwritten digits"


@pytest.mark.parametrize("leave", ["q", "ctrl+q"])
async def test_unsaved_changes_are_asked_about(leave):
    async with opened() as (lab, pilot):
        await edit(pilot, "lr", "0.5")
        await pilot.press(leave)
        assert isinstance(lab.screen, Ask)
        await pilot.press("k")
        assert lab.screen is lab.main
        await pilot.press("o")
        await type_text(pilot, "iris")
        await pilot.press("enter", "d")
        await pilot.pause()
        assert not lab.main.history.is_changed
        await pilot.press(leave)
        await pilot.pause()
        assert lab._exit


async def test_unsaved_changes_can_be_saved_on_the_way_out(tmp_path):
    async with opened() as (lab, pilot):
        await edit(pilot, "lr", "0.5")
        await pilot.press("q", "w")
        await type_text(pilot, str(tmp_path / "kept.yaml"))
        await pilot.press("enter")
        await until(pilot, lambda: lab._exit)
    assert load_preset(tmp_path / "kept.yaml").optimizer.lr == 0.5


async def test_a_wrong_preset_is_a_message_and_loses_nothing(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("dataset: {name: digits}\nlayers: [Relu]\n")
    async with opened() as (lab, pilot):
        before = lab.main.experiment
        await pilot.press("o")
        await type_text(pilot, str(path))
        await pilot.press("enter")
        await pilot.pause()
        assert 'did you mean "ReLU"' in messages(lab)[-1]
        assert lab.main.experiment == before


@pytest.mark.parametrize("panel", ["data", "network", "settings"])
async def test_help_explains_the_focused_panel(panel):
    async with opened() as (lab, pilot):
        lab.main.action_go(panel)
        await pilot.press("question_mark")
        assert isinstance(lab.screen, Help)
        assert lab.screen.text.startswith(HELP[panel])
        await pilot.press("escape")
        assert lab.screen is lab.main


@pytest.mark.parametrize("panel", ["data", "network", "settings"])
async def test_the_footer_fits_into_80_columns(panel):
    async with opened() as (lab, pilot):
        lab.main.action_go(panel)
        footer = lab.main.query_one(Footer)
        await until(pilot, lambda: len(found := footer.query(FooterKey)) > 3 and found[-1].region)
        keys = sorted(footer.query(FooterKey), key=lambda key: key.region.x)
        for key, following in pairwise(keys):
            assert key.region.right <= following.region.x
        assert keys[-1].region.right <= 80


async def test_the_palette_does_what_a_key_does():
    async with opened() as (lab, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"Delete all")
        await until(
            pilot,
            lambda: "Delete all" in str(lab.screen.query_one("CommandList").options[0].prompt),
        )
        await pilot.press("enter")
        await until(pilot, lambda: lab.main.experiment.layers == ())


async def test_a_line_shows_whatever_stands_in_it_as_plain_text():
    async with opened() as (lab, pilot):
        await pilot.press("b")
        await pilot.pause()
        line = lab.screen.query_one(Line)
        for text in ("a\x1b]0;owned\x07b", "\u202eevil\x9b2J", "\x1b[2J" * 100):
            line.value = text
            await pilot.pause()
            shown = line.render_line(0)
            assert shown.text.isprintable()
            assert shown.cell_length == Input.render_line(line, 0).cell_length
            assert line.value == text
        line.value = "plain text"
        await pilot.pause()
        assert line.render_line(0).text.rstrip() == "plain text"


async def test_hjkl_move_and_choose():
    async with opened() as (lab, pilot):
        rows = lab.main.query_one("#network Rows", OptionList)
        await pilot.press("j", "j", "k")
        assert rows.highlighted == 1
        await pilot.press("3", "l")
        assert type(lab.main.experiment.optimizer).__name__ == "Adam"
        await pilot.press("h")
        assert type(lab.main.experiment.optimizer).__name__ == "SGD"


async def test_any_size_down_to_one_cell_is_survived():
    async with opened(size=(140, 45)) as (lab, pilot):
        for size in [(80, 24), (30, 8), (1, 1), (200, 60)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert isinstance(lab.focused, OptionList)


async def test_keys_that_come_at_once_each_see_what_the_last_one_did():
    async with opened() as (lab, pilot):
        panel, settings = lab.main.query_one(Layers), lab.main.query_one("#settings", Settings)
        for _ in range(3):
            panel.action_remove()
        for _ in range(2):
            settings.action_step(1)
        await pilot.pause()
        assert [written_layer(x) for x in lab.main.experiment.layers] == ["ReLU", "Linear 10"]
        assert type(lab.main.experiment.optimizer).__name__ == "AdamW"


async def test_enter_on_a_wrong_text_goes_on_editing():
    async with opened() as (lab, pilot):
        before = lab.main.experiment.layers
        await edit(pilot, "lr", "fast")
        assert "lr should be a number" in advice_line(lab)
        await pilot.press("d", "home", *["delete"] * 5, *"0.25", "enter")
        await pilot.pause()
        assert lab.main.experiment.layers == before
        assert lab.main.experiment.optimizer.lr == 0.25
        assert not lab.main.wrong


async def test_a_wrong_text_is_forgotten_with_its_row():
    async with opened() as (lab, pilot):
        await edit(pilot, "momentum", "abc", end="tab")
        assert lab.main.wrong
        await pilot.press("home", "right")
        assert not lab.main.wrong


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x.yaml", "x" * 300 + ".yaml"])
async def test_a_path_that_can_not_be_is_a_message(name):
    async with opened() as (lab, pilot):
        for key in ("w", "o", "b"):
            await pilot.press(key)
            lab.focused.value = name
            await pilot.press("enter")
            await until(pilot, lambda: len(lab.screen_stack) == 1 and messages(lab))
        assert lab.is_running


async def test_typing_a_target_while_the_file_is_read_loses_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    path = tmp_path / "p.yaml"
    path.write_text("dataset: {csv: t.csv, target: b}\n")
    async with opened(path) as (lab, _):
        main = lab.main
        main.facts = None
        main.preview = main.experiment.replace(dataset=main.experiment.dataset.replace(target="x"))
        main._know(main.history.now.dataset, main.history.now.dataset.facts(), "")
        assert main.facts is not None
        main.change_setting(None, True)
        assert "ready" in advice_line(lab)


async def test_a_course_preset_keeps_its_whole_name():
    async with opened("5.3-momentum") as (lab, _):
        assert "5.3-momentum" in str(lab.main.query_one("#name", Static).visual)


async def test_the_layer_dialog_keeps_what_is_wrong():
    async with opened() as (lab, pilot):
        await pilot.press("a")
        await type_text(pilot, "Linear 0")
        await pilot.press("enter")
        assert isinstance(lab.screen, LayerDialog)
        assert lab.screen.query_one(Input).value == "Linear 0"
        assert "at least 1" in str(lab.screen.query_one("#preview", Static).visual)


async def test_a_long_reading_is_told_and_stops_when_another_preset_is_opened(
    tmp_path, monkeypatch
):
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    path = tmp_path / "p.yaml"
    path.write_text("dataset: {csv: t.csv, target: b}\n")
    stopped = threading.Event()

    def endless(dataset):
        try:
            while True:
                progressed(0.4)
        except Cancelled:
            stopped.set()
            raise

    monkeypatch.setattr(Csv, "facts", endless)
    async with opened() as (lab, pilot):
        lab.main.begin(read_preset(path).experiment, path)
        known = lab.main.query_one("#data .facts", Static)
        await until(pilot, lambda: str(known.visual) == "reading the file … 40%")
        lab.main.begin(load_preset("iris"), path)
        await until(pilot, stopped.is_set)
        assert "iris: 150 rows" in str(known.visual)


async def test_keys_pressed_while_the_file_is_read_train_later_or_say_why_not(
    tmp_path, monkeypatch
):
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    path = tmp_path / "p.yaml"
    path.write_text("{dataset: {csv: t.csv, target: b}, training: {epochs: 1}}")
    read, facts = threading.Event(), Csv.facts
    monkeypatch.setattr(Csv, "facts", lambda dataset: read.wait() and facts(dataset))
    found = read_preset(path)
    lab = LabApp(found.experiment, found.file)
    lab.warm = ColdTrainer()
    async with lab.run_test() as pilot:
        try:
            await pilot.press("t")
            assert messages(lab) == ["the file is still being read; then it trains"]
            assert all_runs() == []
            await pilot.press("a", "S", "T")
            assert messages(lab)[1:] == ["the file is still being read"] * 3
        finally:
            read.set()  # or else the lab would wait for its reader for ever
        await until(pilot, lambda: lab.main.view.state == "finished")
        assert len(all_runs()) == 1


@pytest.mark.parametrize("key", ["space", "R", "n", "N", "A", "F", "s", "f", "x", "i"])
async def test_a_key_that_can_do_nothing_yet_says_why(key):
    async with opened() as (lab, pilot):
        await pilot.press(key)
        (sentence,) = messages(lab)
        assert "t trains" in sentence or "space pauses" in sentence or "nothing to" in sentence


async def test_a_key_of_ones_own_says_why_too():
    async with opened() as (lab, pilot):
        lab.set_keymap({"main.stop": "f9"})
        await pilot.press("s")
        assert messages(lab) == []
        await pilot.press("f9")
        assert messages(lab) == ["nothing is training: t trains"]
