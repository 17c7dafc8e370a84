"""Runs compared: their curves, what differs in their Experiments, what came of it, the verdict."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui_lab.errors import BadInput, visible
from tui_lab.lab.help import HELP
from tui_lab.lab.screens.ask import Help
from tui_lab.lab.widgets.chart import LETTER_COLOURS, Chart, Series
from tui_lab.lab.widgets.rows import cut
from tui_lab.runs.contenders import Contender, contenders, table
from tui_lab.runs.report import aligned
from tui_lab.runs.run import Run
from tui_lab.runs.verdict import verdict

NAME_WIDTH, CELL_WIDTH, KEY_WIDTH = 24, 9, 30


class Compare(Screen[None]):
    """A letter and a colour belong to a run, in the curves and in the table."""

    BINDINGS: ClassVar = [
        Binding("v", "other", "Metric", tooltip="Loss or metric", id="compare.other"),
        Binding("t", "split", "Train", tooltip="Train or validation", id="compare.split"),
        Binding("g", "switch('log_scale')", "Log", tooltip="Logarithmic scale", id="compare.log"),
        Binding("m", "switch('smooth')", "Smooth", tooltip="Smooth curves", id="compare.smooth"),
        Binding("z", "switch('tail')", "End", tooltip="Zoom to the end", id="compare.zoom"),
        Binding("p", "switch('plain')", "Plain points", show=False, id="compare.plain"),
        Binding("question_mark", "help", "Help", id="compare.help"),
        Binding("escape,q", "dismiss(None)", "Back", id="compare.back"),
    ]
    AUTO_FOCUS = "Chart"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012

    def __init__(self, runs: Sequence[Run]) -> None:
        super().__init__()
        self.runs = runs
        self.them: list[Contender] = []
        self.shows_metric = self.shows_train = False

    def compose(self) -> ComposeResult:
        """Curves above, the table below."""
        yield Static(Content("reading …"), id="names")
        yield Chart("epoch", id="curves")
        with ScrollableContainer(id="table", can_focus=True):
            yield Static()
        yield Static(id="verdict")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """The runs are read beside the screen: long ones take a while."""
        self._read()

    @work(thread=True, exclusive=True, group="compare")
    def _read(self) -> None:
        try:
            them = contenders(self.runs)
        except BadInput as error:
            self.app.call_from_thread(self._say_why_not, str(error))
        else:
            self.app.call_from_thread(self._take, them)

    def _say_why_not(self, sentence: str) -> None:
        self.query_one("#names", Static).update(Content(sentence))

    def _take(self, them: list[Contender]) -> None:
        if not self.is_attached:
            return
        self.them = them
        names = [(f"{one.letter} {cut(visible(one.name), NAME_WIDTH)}", LETTER_COLOURS[one.letter])
                 for one in them]  # fmt: skip
        parts = [part for name in names for part in (name, "   ")]
        self.query_one("#names", Static).update(Content.assemble(*parts))
        self.query_one("#verdict", Static).update(Content(visible(verdict(them))))
        self._draw()
        self._tabulate()

    def _draw(self) -> None:
        metric = next((one.curves.metric for one in self.them if one.curves.metric), "loss")
        name = metric if self.shows_metric else "loss"
        key = f"{'train' if self.shows_train else 'validation'} {name}"
        found = [(one.letter, one.curves.values.get(key)) for one in self.them]
        series = [Series(letter, kept.x, kept.y, lettered=True) for letter, kept in found if kept]
        self.query_one(Chart).show(series, key)

    def on_resize(self) -> None:
        """More room shows more of long values."""
        if self.them:
            self._tabulate()

    def _tabulate(self) -> None:
        room = (self.size.width - KEY_WIDTH - 4) // len(self.them) - 2
        text = aligned(table(self.them, max(room, CELL_WIDTH)))
        content = Content(text)
        for letter in (one.letter for one in self.them):
            at = text.index(letter)
            content = content.stylize(f"{LETTER_COLOURS[letter]} bold", at, at + 1)
        self.query_one("#table Static", Static).update(content)

    def action_other(self) -> None:
        """Loss or metric."""
        self.shows_metric = not self.shows_metric
        self._draw()

    def action_split(self) -> None:
        """The curves of the training rows instead of those of the validation rows."""
        self.shows_train = not self.shows_train
        self._draw()

    def action_switch(self, name: str) -> None:
        """Switches one of log scale, smoothing, zoom, plain points."""
        self.query_one(Chart).switch(name)

    def action_help(self) -> None:
        """What the keys do, and how to read the table."""
        self.app.push_screen(Help(HELP["compare"]))
