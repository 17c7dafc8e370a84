"""A user's own keys."""

from pathlib import Path

import pytest

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset
from tui_lab.lab.app import LabApp
from tui_lab.lab.keymap import keymap_path, read_keymap


@pytest.fixture
def keymap(home: Path):
    def written(text: str) -> Path:
        home.mkdir(exist_ok=True)
        keymap_path().write_text(text)
        return keymap_path()

    return written


def test_without_a_file_all_keys_are_as_they_were():
    assert read_keymap() == {}


def test_the_file_lies_where_the_platform_keeps_settings(monkeypatch, tmp_path):
    monkeypatch.delenv("TUI_LAB_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert keymap_path().name == "keymap.yaml"
    assert keymap_path().parent.name == "tui-lab"


async def test_the_new_key_does_it_and_the_old_one_no_longer(keymap, monkeypatch):
    keymap('main.help: "f9, ctrl+t"\n')
    app = LabApp(load_preset("digits"), Path("digits.yaml"))
    app.set_keymap(read_keymap())
    async with app.run_test() as pilot:
        await pilot.pause()
        main = app.screen
        await pilot.press("question_mark")
        assert app.screen is main
        for key in ("f9", "ctrl+t"):
            await pilot.press(key)
            assert app.screen is not main
            await pilot.press("escape")
            assert app.screen is main


async def test_two_keys_can_change_places(keymap):
    keymap('main.help: "t"\nmain.train: "?"\n')
    app = LabApp(load_preset("digits"), Path("digits.yaml"))
    app.set_keymap(read_keymap())
    async with app.run_test() as pilot:
        await pilot.pause()
        main = app.screen
        await pilot.press("t")
        assert app.screen is not main


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('main.trian: "f9"', "1:1", ["main.trian", 'did you mean "main.train"']),
        ('main.train: "f9"\nx: "f8"', "2:1", ['"x"', "known:", "app.quit", "main.train"]),
        ("main.train: 5", "1:13", ["main.train", "quotes"]),
        ("main.train: [f9]", "1:13", ["main.train", "quotes"]),
        ('main.train: "f99"', "1:13", ["main.train", '"f99"', "did you mean"]),
        ('main.train: "strg+t"', "1:13", ["main.train", '"strg+t"']),
        ('main.train: ""', "1:13", ["main.train"]),
        ('main.train: "s"', "1:13", ['"s"', "main.stop"]),
        ('main.train: "f9"\nmain.stop: "f9"', "2:12", ['"f9"', "main.train"]),
        ("- main.train", "1:1", ["lines like"]),
        ("main.train: &a f9", "1:13", ["anchor"]),
        ('"\\e[2J": f9', "1:1", ["\\x1b[2J"]),
    ],
)
def test_what_can_not_be_right_is_said_with_its_place(keymap, text, place, words):
    path = keymap(text)
    with pytest.raises(BadInput) as error:
        read_keymap()
    assert str(error.value).startswith(f"{path}:{place}: ")
    assert all(word in str(error.value) for word in words)
    assert str(error.value).isprintable()


def test_every_binding_of_the_lab_has_an_id_and_can_be_changed(keymap):
    """Screens that are opened late are known too."""
    keymap("ask.cancel: f9\nlayers.add: plus\napp.suspend: alt+z\nmain.quit: Q\n")
    assert read_keymap()["ask.cancel"] == "f9"
