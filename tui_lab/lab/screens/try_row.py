"""Trying a trained network: the values of one row, the answer, and what each layer makes of it."""

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from tui_lab.errors import visible
from tui_lab.experiment.preparation import SavedPreparation
from tui_lab.lab.answer import answer, layers
from tui_lab.lab.screens.ask import AskText
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.widgets.rows import Pages, Rows, cut
from tui_lab.runs.answerer import Answerer
from tui_lab.runs.run import Run

NAME_WIDTH = 16
STARTING = "starting PyTorch …"


class TryRow(ModalScreen[None]):
    """Begins with a test row; every change is answered by a process that ends with the screen."""

    BINDINGS: ClassVar = [
        Binding("escape,q", "dismiss(None)", "Close", id="try.close"),
        Binding("n", "another", "Another row", id="try.another"),
    ]
    AUTO_FOCUS = "Rows"

    def __init__(self, run: Run, saved: SavedPreparation) -> None:
        super().__init__()
        self.run, self.saved = run, saved
        self.row: dict[str, str] = {}
        """The text of each column; empty until the first row is there."""
        self.told, self.target = "", ""
        """Which row it was before it was changed, and its true target."""
        self.answerer: Answerer | None = None

    def compose(self) -> ComposeResult:
        """The row on the left; the answer and the layers on the right."""
        with Vertical(classes="dialog try") as dialog:
            dialog.border_title = f"Try {visible(self.run.id)}"
            dialog.border_subtitle = "Enter edits · n another row · Tab layers · Esc closes"
            yield Static(Content(STARTING), id="told")
            with Horizontal():
                yield Rows()
                with Pages():
                    yield Static(id="answer")
                    yield Static(id="layers")

    def on_mount(self) -> None:
        """The process starts beside the screen."""
        self._show_row()
        self._start()

    def on_unmount(self) -> None:
        """The process ends with the screen."""
        if self.answerer:
            self.answerer.close()

    def _start(self) -> None:
        try:
            self.answerer = Answerer("predict", self.run.folder, "--lines")
        except OSError as error:
            self._say(f"PyTorch's process can't be started: {error.strerror}", "$text-error")
        else:
            self._say(STARTING)
            self._listen(self.answerer)

    @work(thread=True, group="answers")
    def _listen(self, answerer: Answerer) -> None:
        for reply in answerer.replies():
            self.app.call_from_thread(self._take, reply)
        if self.is_attached:
            self.app.call_from_thread(self._lost, answerer.last_words())

    def _take(self, reply: dict[str, Any]) -> None:
        if not self.is_attached:
            return
        if "error" in reply:
            self._say(reply["error"], "$text-error")
            return
        if "row" in reply:
            self.row, self.told = reply["row"], reply["told"]
            self.target = reply.get("target", "")
            self._show_row()
        self._say(self._about_row())
        self.query_one("#answer", Static).update(answer(reply, self.saved.target))
        self.query_one("#layers", Static).update(layers(reply))

    def _lost(self, why: str) -> None:
        if self.is_attached:
            if self.answerer:
                self.answerer.close()
            self.answerer = None
            self._say(f"{why}; n starts it again", "$text-error")

    def _about_row(self) -> str:
        if not self.target:
            return self.told
        return f"{self.told} · true {cut(self.saved.target, NAME_WIDTH)}: {self.target}"

    def _say(self, sentence: str, style: str = "$foreground-muted") -> None:
        self.query_one("#told", Static).update(Content.styled(visible(sentence), style))

    def _show_row(self) -> None:
        names = [column.name for column in self.saved.columns]
        self.query_one(Rows).rebuild([_row(name, self.row.get(name, "")) for name in names])

    def action_another(self) -> None:
        """Shows the next test row; starts the process again if it has ended."""
        if self.answerer is None:
            self._start()
        else:
            self.answerer.ask(another=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter: a value to type, or a word to choose."""
        event.stop()
        if not self.row:
            return
        column = self.saved.columns[event.option_index]
        value = self.row.get(column.name, "")

        def taken(text: str | None) -> None:
            if text is not None:
                self._change(column.name, text)

        if column.words is None:
            self.app.push_screen(AskText(f"{visible(column.name, 50)}:", value), taken)
        else:
            self.app.push_screen(Choose("Which word?", list(column.choices), value), taken)

    def _change(self, name: str, text: str) -> None:
        if not self.told.startswith("changed"):
            self.told = f"changed from {self.told}"
        self.row = self.row | {name: text}
        self._show_row()
        if self.answerer:
            self.answerer.ask(row=self.row)


def _row(name: str, text: str) -> Content:
    label = f"{cut(visible(name), NAME_WIDTH):{NAME_WIDTH}} "
    return Content.assemble((label, "$foreground-muted"), visible(text) or "–")
