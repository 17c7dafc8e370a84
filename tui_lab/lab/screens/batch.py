"""The very batch that enters the network, from its rows in the table to the tensors x and y."""

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui_lab.errors import visible
from tui_lab.experiment.dataset import Dataset
from tui_lab.experiment.edits import set_field
from tui_lab.experiment.experiment import Experiment
from tui_lab.lab import batch_told
from tui_lab.lab.help import HELP
from tui_lab.lab.screens.ask import AskText, Help
from tui_lab.lab.widgets.picture import is_plain
from tui_lab.lab.widgets.rows import Pages
from tui_lab.runs.answerer import Answerer

STARTING = "starting PyTorch …"


class Batch(Screen[Dataset | None]):
    """Shows one batch after another; gives the dataset with other batches if they are taken over.

    A process that ends with the screen builds them, by what training itself uses.
    """

    BINDINGS: ClassVar = [
        Binding("n", "batch(1)", "Next", tooltip="Next batch", id="batch.next"),
        Binding("N", "batch(-1)", "Previous", tooltip="Previous batch", id="batch.previous"),
        Binding("e", "epoch(1)", "Epoch", tooltip="Next epoch", id="batch.epoch"),
        Binding("E", "epoch(-1)", "Previous epoch", show=False, id="batch.epoch_before"),
        Binding("plus", "resize(2)", "Larger", tooltip="Larger batches", id="batch.larger"),
        Binding("minus", "resize(0.5)", "Smaller", tooltip="Smaller batches", id="batch.smaller"),
        Binding("b", "ask_size", "Size", tooltip="Type a batch size", id="batch.size"),
        Binding("s", "shuffle", "Shuffle", tooltip="Shuffle, or not", id="batch.shuffle"),
        Binding("a,enter", "take", "Take", tooltip="Train with these batches", id="batch.take"),
        Binding("question_mark", "help", "Help", id="batch.help"),
        Binding("escape,q", "dismiss(None)", "Back", id="batch.back"),
    ]
    AUTO_FOCUS = "Pages"

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.experiment = experiment
        self.dataset = experiment.dataset
        """As it was before batches were changed here."""
        self.epoch = self.number = 1
        self.reply: dict[str, Any] | None = None
        self.answerer: Answerer | None = None

    def compose(self) -> ComposeResult:
        """Which batch, above all that is told of it."""
        yield Static(Content(STARTING), id="heading")
        with Pages():
            for part in ("made", "tensors", "pictures", "targets", "numbers"):
                yield Static(id=part)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """The process starts beside the screen."""
        self._ask()

    def on_unmount(self) -> None:
        """The process ends with the screen."""
        if self.answerer:
            self.answerer.close()

    def _ask(self) -> None:
        if self.answerer is None:
            try:
                self.answerer = Answerer("batch")
            except OSError as error:
                self._say(f"PyTorch's process can't be started: {error.strerror}", "$text-error")
                return
            self._say(STARTING)
            self._listen(self.answerer)
        data = self.experiment.model_dump(mode="json")
        self.answerer.ask(experiment=data, epoch=self.epoch, batch=self.number)

    @work(thread=True, group="batches")
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
        self.reply, self.number = reply, reply["batch"]
        self._show()

    def _lost(self, why: str) -> None:
        if self.is_attached:
            if self.answerer:
                self.answerer.close()
            self.answerer = None
            self._say(f"{why}; n starts it again", "$text-error")

    def _say(self, sentence: str, style: str = "") -> None:
        self.query_one("#heading", Static).update(Content.styled(visible(sentence), style))

    def _show(self) -> None:
        reply, width = self.reply, self.size.width - 4
        if reply is None:
            return
        changed = self.experiment.dataset != self.dataset
        take = " · a trains with these batches" if changed else ""
        self._say(f"Batch {self.number:,} of {reply['batches']:,} · epoch {reply['epoch']:,}{take}")
        parts = {
            "made": batch_told.made(reply, self.experiment),
            "tensors": batch_told.tensors(reply, self.experiment),
            "targets": batch_told.targets(reply),
            "pictures": batch_told.pictures(reply, self.experiment, width, is_plain(self.app)),
            "numbers": batch_told.numbers(reply, self.experiment, width),
        }
        for name, content in parts.items():
            part = self.query_one(f"#{name}", Static)
            part.update(content)
            part.display = bool(content)

    def on_resize(self) -> None:
        """More room shows more columns and pictures."""
        self._show()

    def action_batch(self, by: int) -> None:
        """The next or the previous batch of the epoch, round and round."""
        if self.reply is not None:
            self.number = (self.number - 1 + by) % self.reply["batches"] + 1
        self._ask()

    def action_epoch(self, by: int) -> None:
        """The same batch of the next or the previous epoch."""
        self.epoch = max(1, self.epoch + by)
        self._ask()

    def action_resize(self, times: float) -> None:
        """Batches of twice or half the size."""
        size = max(1, int(self.experiment.dataset.batch_size * times))
        self._become(batch_size=min(size, self.reply["rows"] if self.reply else size))

    def action_ask_size(self) -> None:
        """Batches of a typed size."""

        def size_in(text: str) -> int:
            return int(set_field(self.experiment.dataset, "batch_size", text).batch_size)

        def typed(text: str | None) -> None:
            if text is not None:
                self._become(batch_size=size_in(text))

        size = str(self.experiment.dataset.batch_size)
        self.app.push_screen(AskText("How many rows in a batch?", size, size_in), typed)

    def action_shuffle(self) -> None:
        """In a new order each epoch, or always as they are."""
        self._become(shuffle=not self.experiment.dataset.shuffle)

    def _become(self, **changes: object) -> None:
        """Other batches, here only."""
        dataset = self.experiment.dataset.replace(**changes)
        self.experiment = self.experiment.replace(dataset=dataset)
        self.number = 1
        self._ask()

    def action_take(self) -> None:
        """Leaves, and takes the other batches along."""
        self.dismiss(self.experiment.dataset)

    def action_help(self) -> None:
        """What there is to see."""
        self.app.push_screen(Help(HELP["batch"]))
