"""The Experiment as PyTorch code that follows every change, and marks what just changed."""

from difflib import SequenceMatcher
from functools import partial
from itertools import takewhile
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.geometry import Region, Spacing
from textual.highlight import highlight
from textual.widget import Widget
from textual.widgets import Static

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Dataset, Facts
from tui_lab.experiment.experiment import Experiment
from tui_lab.script.plan import Source, plan
from tui_lab.script.script import script

MARK, NO_MARK = "▌ ", "  "
AROUND = Spacing(3, 12, 3, 12)
"""So much is seen around the place of a change."""
LONGEST = 500
"""So many characters of a line are shown."""


class CodePanel(ScrollableContainer, can_focus=True):
    """The script that `tui-lab export --format script` would write."""

    BINDINGS: ClassVar = [
        Binding("j", "scroll_down", show=False, id="code.down"),
        Binding("k", "scroll_up", show=False, id="code.up"),
        Binding("h", "scroll_left", show=False, id="code.left"),
        Binding("l", "scroll_right", show=False, id="code.right"),
        Binding(
            "escape",
            "screen.do('code', 'switch_code')",
            "Back",
            tooltip="Leave the code",
            id="code.back",
        ),
    ]

    def __init__(self, came_from: Widget | None) -> None:
        super().__init__(id="code", classes="panel")
        self.came_from = came_from
        """What had the focus before."""
        self.border_title = "Code · plain PyTorch"
        self.lines: list[str] = []
        """What is shown."""
        self.changed: list[int] = []
        """Which lines the last change made."""
        self._dataset: Dataset | None = None
        """The one that is known or being read."""
        self._source: Source | None = None
        self._shown: tuple[Experiment, Facts] | None = None

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static("reading the data …", markup=False)

    def show(self, experiment: Experiment, facts: Facts | None, data_error: str) -> None:
        """Follows a change; the rows are only looked at again if they are others."""
        if facts is None:
            self._shown = self._dataset = None
            self._say(data_error or "reading the data …")
            return
        self._shown = experiment, facts
        rows = experiment.dataset.replace(batch_size=1, shuffle=True)
        if rows != self._dataset:
            self._dataset, self._source = rows, None
            read = partial(self._read, rows)
            self.run_worker(read, thread=True, exclusive=True, group="source")
        self._write()

    def _read(self, dataset: Dataset) -> None:
        """Beside the screen: it pulls in pandas, and a file may be large."""
        from tui_lab.script.reading import source_of

        try:
            source, error = source_of(dataset)[0], ""
        except BadInput as problem:
            source, error = None, str(problem)
        self.app.call_from_thread(self._know, dataset, source, error)

    def _know(self, dataset: Dataset, source: Source | None, error: str) -> None:
        """Takes what was read, unless the code was left or other rows were chosen meanwhile."""
        if not self.is_attached or dataset != self._dataset:
            return
        self._source = source
        if error:
            self._say(error)
        self._write()

    def _say(self, sentence: str) -> None:
        self.lines, self.changed = [], []
        self.query_one(Static).update(Content(visible(sentence)))

    def _write(self) -> None:
        """Shows the script, if everything that it needs is known."""
        if self._shown is None or self._source is None:
            return
        experiment, facts = self._shown
        text = script(plan(experiment, facts, self._source))
        lines = [visible(line, LONGEST) for line in text.splitlines()]
        if lines == self.lines:
            return
        old, self.lines = self.lines, lines
        self.changed = _changed(old, lines) if old else []
        self.query_one(Static).update(_painted(lines, self.changed))
        if self.changed:
            self.call_after_refresh(self._go_to, self.changed[0], old)

    def _go_to(self, line: int, old: list[str]) -> None:
        """Brings a changed line, and where it differs from all old ones, into sight."""
        text = self.lines[line]
        column = max(_begin_alike(text, before) for before in old)
        column = min(column, len(text) - 1) + len(MARK)
        column = 0 if column < self.content_size.width else column
        self.scroll_to_region(Region(column, line, 1, 1), spacing=AROUND, animate=False)

    def on_focus(self) -> None:
        """On a narrow screen the code takes the room of the other panels while it is read."""
        self.screen.add_class("-reading-code")

    def on_blur(self) -> None:
        """The other panels come back."""
        self.screen.remove_class("-reading-code")


def _changed(old: list[str], new: list[str]) -> list[int]:
    """The lines that are new; where lines are only gone, the one that took their place."""
    found: list[int] = []
    for kind, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            found += range(start, max(end, start + 1))
    return [line for line in found if line < len(new)]


def _begin_alike(one: str, other: str) -> int:
    """How many characters two lines begin with in common."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _painted(lines: list[str], changed: list[int]) -> Content:
    """The lines in colours, the changed ones with a mark before them and on another ground."""
    painted = highlight("\n".join(lines), language="python").split("\n", allow_blank=True)
    marked = set(changed)
    rows = [
        Content.assemble(MARK, line).stylize("on $accent 30%")
        if number in marked
        else Content.assemble(NO_MARK, line)
        for number, line in enumerate(painted)
    ]
    return Content("\n").join(rows)
