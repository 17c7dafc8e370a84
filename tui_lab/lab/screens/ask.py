"""Small questions: one of a few answers by one key, or a line of text."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui_lab.errors import BadInput
from tui_lab.lab.widgets.rows import Line, Pages


class Ask(ModalScreen[str | None]):
    """A question with answers, each on a letter: gives the letter, or None for escape."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel")]

    def __init__(self, question: str, answers: dict[str, str]) -> None:
        super().__init__()
        self.question, self.answers = question, answers

    def compose(self) -> ComposeResult:
        """The question above its answers."""
        with Vertical(classes="dialog small"):
            yield Static(Content(self.question))
            lines = [
                Content.assemble((f" {k} ", "reverse"), f" {v}") for k, v in self.answers.items()
            ]
            yield Static(Content("\n").join([Content(""), *lines, Content("esc cancel")]))

    def on_key(self, event: events.Key) -> None:
        """A letter answers."""
        if event.character in self.answers:
            event.stop()
            self.dismiss(event.character)


class AskText(ModalScreen[str | None]):
    """Asks for a line of text, such as a file's name, until `check` raises no `BadInput`."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Cancel", id="asktext.cancel")]

    def __init__(
        self, question: str, text: str, check: Callable[[str], object] = lambda text: None
    ) -> None:
        super().__init__()
        self.question, self.text, self.check = question, text, check

    def compose(self) -> ComposeResult:
        """The question above an input."""
        with Vertical(classes="dialog small"):
            yield Static(Content(self.question))
            yield Line(self.text, select=True)
            yield Static(id="wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers, or says what is wrong."""
        try:
            self.check(event.value)
        except BadInput as error:
            self.query_one("#wrong", Static).update(Content.styled(str(error), "$text-error"))
        else:
            self.dismiss(event.value)


class Help(ModalScreen[None]):
    """A page of plain text."""

    BINDINGS: ClassVar = [
        Binding("escape,question_mark,q", "dismiss(None)", "Close", id="help.close")
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        """The text, which scrolls."""
        with Pages(classes="dialog"):
            yield Static(Content(self.text))
