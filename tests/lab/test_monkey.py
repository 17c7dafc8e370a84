"""Any keys in any order: the lab goes on, and what it shows can be written and read."""

import random

import pytest
from pilot import opened

from tui_lab.experiment.presets import load_preset, save_preset

KEYS = [
    *"abcdefghijklmnopruvwxzDJKTU12345.",
    *("minus", "comma", "space", "slash", "enter", "escape", "tab", "shift+tab"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "backspace", "delete"),
    *("question_mark", "left_square_bracket", "right_square_bracket", "ctrl+p", "ctrl+r"),
]


@pytest.mark.parametrize("seed", range(3))
async def test_any_keys_in_any_order(seed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = random.Random(seed)
    async with opened("digits") as (lab, pilot):
        for _ in range(200):
            await pilot.press(keys.choice(KEYS))
        assert lab.is_running
        save_preset(lab.main.history.now, tmp_path / "now.yaml")
        assert load_preset(tmp_path / "now.yaml") == lab.main.history.now
