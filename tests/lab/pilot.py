"""Driving the lab in tests: an app without a warm trainer, keys, and waiting for conditions."""

import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tui_lab.experiment.presets import read_preset
from tui_lab.lab.app import LabApp
from tui_lab.lab.panels.layers import Layers
from tui_lab.lab.panels.settings import Settings
from tui_lab.runs.start import start, start_sweep


class ColdTrainer:
    """Starts a trainer when it's needed, so that tests don't pay for one that waits."""

    train = staticmethod(start)
    sweep = staticmethod(start_sweep)

    def close(self) -> None:
        """Nothing waits."""


@asynccontextmanager
async def opened(preset: str | Path = "digits", size: tuple[int, int] = (80, 24)):
    found = read_preset(preset)
    lab = LabApp(found.experiment, found.file)
    lab.warm = ColdTrainer()
    async with lab.run_test(size=size) as pilot:
        await until(pilot, lambda: lab.main.facts or lab.main.data_error)
        yield lab, pilot


async def until(pilot: Pilot[Any], condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come about"
        await pilot.pause(0.02)


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Replaces the focused line's text, as pasting does: key by key takes 50 ms for each."""
    line = pilot.app.focused
    assert isinstance(line, Input)
    line.value = ""
    line.post_message(Paste(text))
    await pilot.pause()


async def edit(pilot: Pilot[Any], label: str, text: str, end: str = "enter") -> None:
    """Edits a hyperparameter in place."""
    panel = pilot.app.screen.query_one("#settings", Settings)
    await pilot.press("3")
    rows = panel.query_one("Rows")
    rows.highlighted = [entry.label for entry in panel.entries].index(label)
    await pilot.press("enter")
    await type_text(pilot, text)
    await pilot.press(end)
    await pilot.pause()


async def add_layer(pilot: Pilot[Any], text: str) -> None:
    await pilot.press("2", "a")
    await type_text(pilot, text)
    await pilot.press("enter")
    await pilot.pause()


def stack(lab: LabApp) -> list[str]:
    """The layers as they are written on the screen."""
    return [str(option.prompt) for option in lab.main.query_one("#network Rows").options]


def network_title(lab: LabApp) -> str:
    return str(lab.main.query_one(Layers).border_title)


def advice_line(lab: LabApp) -> str:
    return text_of(lab.main.query_one("#advice", Static))


def text_of(static: Static) -> str:
    return str(static.visual)


def messages(lab: LabApp) -> list[str]:
    return [notification.message for notification in lab._notifications]
