"""Takes the README's pictures: `make screenshots`, which needs Chromium to turn SVG into PNG."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tui_lab.experiment.presets import read_preset
from tui_lab.lab.app import LabApp
from tui_lab.runs.run import ENDED

HERE = Path(__file__).parent
CELL_WIDTH, CELL_HEIGHT, FRAME = 12.2, 24.4, (20, 60)
PICTURES = {"lab": ("digits", (120, 36)), "small": ("5.3-momentum", (80, 24))}


async def take(preset: str, size: tuple[int, int]) -> str:
    """Trains a preset in the lab: the screen at the end, as SVG."""
    found = read_preset(preset)
    lab = LabApp(found.experiment, found.file)
    async with lab.run_test(size=size) as pilot:
        await pilot.press("t")
        while lab.main.view.state not in ENDED:
            await pilot.pause(0.1)
        await pilot.pause(0.5)
        return lab.export_screenshot(title="tui-lab")


def to_png(svg: str, size: tuple[int, int], path: Path) -> None:
    """Draws the SVG by a headless browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("screenshots need chromium: there is none on this machine")
    width, height = (int(n) for n in (size[0] * CELL_WIDTH + FRAME[0],
                                      size[1] * CELL_HEIGHT + FRAME[1]))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "screen.svg"
        source.write_text(svg, encoding="utf-8")
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--window-size={width},{height}", f"--screenshot={path}", source.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip


def main() -> None:
    """Writes every picture into this folder."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUI_LAB_HOME"] = home
        for name, (preset, size) in PICTURES.items():
            to_png(asyncio.run(take(preset, size)), size, HERE / f"{name}.png")


if __name__ == "__main__":
    main()
