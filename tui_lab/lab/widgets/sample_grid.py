"""A grid of pictures, each with its class below it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui_lab.errors import visible
from tui_lab.lab.widgets.picture import beside, drawn, is_plain
from tui_lab.lab.widgets.rows import Pages, cut

if TYPE_CHECKING:
    from tui_lab.data.samples import Sample

GAP, NARROWEST = "  ", 8


class SampleGrid(Pages, can_focus=True):
    """As many pictures beside each other as there is room for."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.samples: Sequence[Sample] = ()

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static()

    def show(self, samples: Sequence["Sample"]) -> None:
        """Shows these pictures."""
        self.samples = samples
        if samples and self.size.width:
            width = max(len(samples[0].pixels[0]), NARROWEST)
            row = max(1, (self.size.width - 1) // (width + len(GAP)))
            lines = [line for some in _portions(samples, row) for line in self._row(some, width)]
            self.query_one(Static).update(Content("\n").join(lines))

    def on_resize(self) -> None:
        """More or fewer beside each other."""
        self.show(self.samples)

    def _row(self, samples: Sequence["Sample"], width: int) -> list[Content]:
        plain = is_plain(self.app)
        return beside([self._one(sample, width, plain) for sample in samples], GAP)

    def _one(self, sample: "Sample", width: int, plain: bool) -> list[Content]:
        name = f"{cut(visible(sample.name, 60), width):{width}}"
        lines = [line.pad_right(width - line.cell_length) for line in drawn(sample.pixels, plain)]
        return [*lines, Content.styled(name, "$foreground-muted"), Content(" " * width)]


def _portions(samples: Sequence["Sample"], size: int) -> list[Sequence["Sample"]]:
    return [samples[start : start + size] for start in range(0, len(samples), size)]
