"""Looking at batches by keys, the process being replaced and once the real one."""

import pytest
from pilot import edit, messages, opened, text_of, type_text, until
from said_process import Process
from textual.widgets import Static

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import load_preset
from tui_lab.lab import batch_told
from tui_lab.lab.screens import batch
from tui_lab.lab.screens.batch import Batch

NASTY = "[@click=app.quit]\x1b[2J\u202ex[/b]"
SPREAD = {"min": -1.0, "mean": 0.25, "max": 2.0, "std": 1.0}
PIXELS = [[0.0, 1.0], [1.0, 0.0]]
SAMPLE = {
    "row": 12, "target": NASTY, "y": 1.0, "read": {NASTY: NASTY, "b": "7"},
    "scaled": [0.5, -1.0], "entering": [0.625, -1.125],
}  # fmt: skip
REPLY = {
    "epoch": 1, "batch": 1, "batches": 3, "rows": 90, "last_rows": 26, "device": "cpu",
    "x": {"shape": [32, 2], "dtype": "float32"} | SPREAD, "plain": SPREAD,
    "y": {"shape": [32], "dtype": "int64"}, "samples": [SAMPLE], "counted": "row",
    "columns": [NASTY, "b"],
    "classes": ["no", NASTY, "maybe"], "pictures": [{"before": PIXELS, "after": PIXELS}],
}  # fmt: skip


@pytest.fixture
def replaced(monkeypatch):
    monkeypatch.setattr(batch, "Answerer", Process)


def shown(lab, name: str) -> str:
    return text_of(lab.screen.query_one(f"#{name}", Static))


async def look(lab, pilot, reply=REPLY):
    await pilot.press("B")
    await until(pilot, lambda: isinstance(lab.screen, Batch))
    await answer(lab, pilot, reply)


async def answer(lab, pilot, reply):
    Process.last.said.put(reply)
    await until(pilot, lambda: lab.screen.reply is reply)


async def test_keys_go_through_batches_and_epochs(replaced):
    async with opened() as (lab, pilot):
        await look(lab, pilot)
        assert shown(lab, "heading") == "Batch 1 of 3 · epoch 1"
        await pilot.press("n")
        await answer(lab, pilot, REPLY | {"batch": 2})
        await pilot.press("N")
        await answer(lab, pilot, REPLY | {"batch": 1})
        await pilot.press("N", "e", "E", "E")
        asked = [(request["batch"], request["epoch"]) for request in Process.last.asked]
        assert asked == [(1, 1), (2, 1), (1, 1), (3, 1), (3, 2), (3, 1), (3, 1)]
        assert Experiment.model_validate(Process.last.asked[0]["experiment"]) == lab.main.experiment
        await pilot.press("escape")
        await pilot.pause()
        assert lab.screen is lab.main
        assert Process.last.closed


async def test_other_batches_are_tried_here_and_taken_over_only_if_asked(replaced):
    async with opened() as (lab, pilot):
        before = lab.main.experiment
        await look(lab, pilot)
        await pilot.press("plus", "s")
        assert Process.last.asked[-1]["experiment"]["dataset"]["batch_size"] == 64
        assert Process.last.asked[-1]["experiment"]["dataset"]["shuffle"] is False
        await answer(lab, pilot, REPLY | {"batches": 2})
        assert "a trains with these batches" in shown(lab, "heading")
        assert "batch_size=64, shuffle=False" in shown(lab, "made")
        await pilot.press("escape")
        await pilot.pause()
        assert lab.main.experiment == before
        await look(lab, pilot)
        await pilot.press("minus", "b")
        await type_text(pilot, "0")
        await pilot.press("enter")
        await until(pilot, lambda: "at least 1" in shown(lab, "wrong"))
        await type_text(pilot, "5")
        await pilot.press("enter", "a")
        await until(pilot, lambda: lab.screen is lab.main)
        assert lab.main.experiment.dataset.batch_size == 5
        await pilot.press("u")
        assert lab.main.experiment == before


async def test_names_and_values_are_only_text(replaced):
    async with opened("6.3-augmentation") as (lab, pilot):
        await look(lab, pilot)
        texts = [shown(lab, name) for name in ("targets", "numbers", "made", "tensors", "pictures")]
        assert all(line.isprintable() for text in texts for line in text.split("\n"))
        assert "[@click=app" in texts[0]
        assert "[@click=" in texts[1]


async def test_what_is_wrong_is_said_and_a_process_that_dies_is_started_again(replaced):
    async with opened() as (lab, pilot):
        await pilot.press("B")
        await until(pilot, lambda: isinstance(lab.screen, Batch))
        assert shown(lab, "heading") == "starting PyTorch …"
        first = Process.last
        first.said.put({"error": "the table is \x1b empty"})
        await until(pilot, lambda: shown(lab, "heading") == "the table is \\x1b empty")
        first.said.put(None)
        await until(pilot, lambda: "n starts it again" in shown(lab, "heading"))
        await pilot.press("n")
        assert Process.last is not first
        await answer(lab, pilot, REPLY)
        await pilot.press("question_mark")
        assert lab.screen.text.startswith("The batch")


async def test_the_real_process_shows_the_batch_that_enters():
    async with opened("6.3-augmentation", (140, 45)) as (lab, pilot):
        await pilot.press("B")
        await until(pilot, lambda: isinstance(lab.screen, Batch) and lab.screen.reply)
        assert "x  (32, 64) float32 on cpu" in shown(lab, "tensors")
        assert "100 training rows, 4 batches, the last of 4" in shown(lab, "made")
        assert "after augmentation" in shown(lab, "numbers")
        process = lab.screen.answerer._process
        await pilot.press("escape")
        await until(pilot, lambda: process.poll() is not None)


async def test_augmentation_is_edited_as_text_and_undone():
    async with opened() as (lab, pilot):
        before = lab.main.experiment
        await edit(pilot, "augmentation", "Shift 1, zoom")
        written = [kind.written() for kind in lab.main.experiment.augmentation]
        assert written == [{"Shift": 1.0}, "Zoom"]
        await edit(pilot, "augmentation", "none")
        assert lab.main.experiment == before
        await pilot.press("u", "u")
        assert lab.main.experiment == before
        assert not messages(lab)


# The text


def told(**changes) -> tuple[dict, Experiment]:
    return REPLY | changes, load_preset("6.3-augmentation")


def test_a_batch_is_told_in_pytorchs_words():
    reply, experiment = told()
    assert str(batch_told.made(reply, experiment)).split("\n") == [
        "# 90 training rows, 3 batches, the last of 26",
        "dataset = TensorDataset(x, y)",
        "loader = DataLoader(dataset, batch_size=32, shuffle=True)",
    ]
    assert str(batch_told.tensors(reply, experiment)).split("\n") == [
        "x  (32, 2) float32 on cpu",
        "   min -1  mean 0.25  max 2  std 1",
        "   min -1  mean 0.25  max 2  std 1  before augmentation",
        "y  (32,) int64 on cpu  CrossEntropyLoss: the class's number, not one-hot",
    ]


def test_targets_are_told_as_the_loss_sees_them():
    reply, experiment = told(samples=[SAMPLE | {"target": "b"}], classes=["a", "b", "c"])
    assert str(batch_told.targets(reply)).endswith("1  0 1 0")
    mixed = SAMPLE | {"target": "b", "other": "c", "share": 0.75}
    assert str(batch_told.targets(reply | {"samples": [mixed]})).endswith("0.75 of b, 0.25 of c")
    one = {"classes": ["no", "yes"], "y": {"shape": [32], "dtype": "float32"}}
    assert "1 for yes, 0 for no" in str(batch_told.tensors(reply | one, experiment))
    number = one | {"classes": []}
    assert "the target, scaled" in str(batch_told.tensors(reply | number, experiment))
    assert "one-hot" not in str(batch_told.targets(reply | one))


def test_numbers_are_told_before_and_after_scaling_and_augmentation():
    reply, experiment = told()
    blocks = str(batch_told.numbers(reply, experiment, 76)).split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == [
        "as in the table", "after scaling", "after augmentation",
    ]  # fmt: skip
    assert blocks[1].split("\n")[2].split() == ["12", "0.5", "-1"]
    assert blocks[2].split("\n")[2].split() == ["12", "0.625", "-1.125"]
    plain = load_preset("digits", ("dataset.scale=false",))
    assert "as numbers (no scaling)" in str(batch_told.numbers(reply, plain, 20))
    assert "after augmentation" not in str(batch_told.numbers(reply, plain, 20))


def test_pictures_stand_beside_each_other_as_far_as_there_is_room():
    reply, experiment = told(pictures=[{"before": PIXELS, "after": PIXELS}] * 3)
    lines = str(batch_told.pictures(reply, experiment, 20, True)).split("\n")
    assert lines == ["before → after augmentation", "▄▀ → ▄▀   ▄▀ → ▄▀", "", "▄▀ → ▄▀"]
    alone = str(batch_told.pictures(reply, load_preset("digits"), 20, True)).split("\n")
    assert alone == ["the pictures as they enter", "▄▀   ▄▀   ▄▀"]
    assert str(batch_told.pictures(reply | {"pictures": []}, experiment, 20, True)) == ""
