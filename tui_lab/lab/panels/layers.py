"""The layer stack: one row a layer with its output shape and parameters."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from tui_lab.errors import visible
from tui_lab.experiment.edits import described
from tui_lab.experiment.layers import Layer, Parametric, written_shape
from tui_lab.experiment.network import Network, written_bytes
from tui_lab.lab.screens.layer import LayerDialog
from tui_lab.lab.widgets.rows import Rows


class Layers(Vertical):
    """The network as a stack; every change is posted, the screen decides what becomes of it."""

    BINDINGS: ClassVar = [
        Binding("a", "add", "Add layer", id="layers.add"),
        Binding("d,delete", "remove", "Delete", id="layers.delete"),
        Binding("c", "duplicate", "Copy", show=False, id="layers.duplicate"),
        Binding("J,shift+down", "move(1)", "Move down", show=False, id="layers.down"),
        Binding("K,shift+up", "move(-1)", "Move up", show=False, id="layers.up"),
        Binding("z", "freeze", "Freeze", show=False, id="layers.freeze"),
    ]

    class Changed(Message):
        """There are other layers now; `final` is False while a layer is still being typed."""

        def __init__(self, layers: Sequence[Layer], final: bool = True) -> None:
            self.layers, self.final = tuple(layers), final
            super().__init__()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = "Network"
        self.stack: tuple[Layer, ...] = ()

    def compose(self) -> ComposeResult:
        """One list."""
        yield Rows()

    def show(self, layers: tuple[Layer, ...], net: Network, optimizer_numbers: int) -> None:
        """Shows the stack and its totals; the rows that don't fit are marked."""
        self.stack, self.net = layers, net
        rows = [self._row(index, layer, net) for index, layer in enumerate(layers)]
        empty = Content.styled("no layers yet: press a to add one", "$text-muted")
        self.query_one(Rows).rebuild(rows or [empty])
        trainable = f" ({net.trainable:,} trainable)" if net.trainable != net.total else ""
        state = written_bytes(net.trainable * 4 * optimizer_numbers)
        self.border_title = f"Network · {net.total:,} parameters{trainable}"
        self.border_subtitle = f"{written_bytes(net.bytes)} + {state} for the optimizer"

    def _row(self, index: int, layer: Layer, net: Network) -> Content:
        name = f"{layer.name or index + 1} {described(layer)}"
        if isinstance(layer, Parametric) and layer.frozen:
            name += " ❄"
        if index >= len(net.rows):
            return Content.styled(f"{visible(name)[:22]:22} ✗", "$text-error")
        row = net.rows[index]
        count = f"{row.total:,}" if row.total else ""
        bold = "bold" if row.total else ""
        return Content.assemble(
            (f"{visible(name)[:19]:19}", bold), f"{written_shape(row.leaves):>7}", f"{count:>9}"
        )

    @property
    def place(self) -> int:
        """The highlighted layer's position."""
        return self.query_one(Rows).highlighted or 0

    def _put(self, layers: Sequence[Layer], place: int) -> None:
        self.post_message(self.Changed(layers))
        self.call_after_refresh(self._highlight, place)

    def _highlight(self, place: int) -> None:
        if self.stack:
            self.query_one(Rows).highlighted = max(0, min(place, len(self.stack) - 1))

    def action_add(self) -> None:
        """Adds a layer below the highlighted one."""
        at = min(self.place + 1, len(self.stack))
        self._dialog("Add a layer", "", self.stack[:at], self.stack[at:])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter edits the layer, or adds the first."""
        event.stop()
        if not self.stack:
            self.action_add()
            return
        at, layer = self.place, self.stack[self.place]
        self._dialog("Edit the layer", "", self.stack[:at], self.stack[at + 1 :], layer)

    def _dialog(
        self, title: str, text: str, before: tuple[Layer, ...], after: tuple[Layer, ...],
        layer: Layer | None = None,
    ) -> None:  # fmt: skip
        old = self.stack

        def done(new: Layer | None) -> None:
            if new is None:
                self.post_message(self.Changed(old))
            else:
                self._put((*before, new, *after), len(before))

        dialog = LayerDialog(title, layer, self.net.enters, before, after)
        self.app.push_screen(dialog, done)

    def action_remove(self) -> None:
        """Deletes the highlighted layer."""
        if self.stack:
            at = self.place
            self._put(self.stack[:at] + self.stack[at + 1 :], at)

    def action_duplicate(self) -> None:
        """Copies the highlighted layer below itself; a copy has no name of its own."""
        if self.stack:
            at = self.place
            copy = self.stack[at].replace(name=None)
            self._put((*self.stack[: at + 1], copy, *self.stack[at + 1 :]), at + 1)

    def action_move(self, by: int) -> None:
        """Moves the highlighted layer up or down."""
        at, to = self.place, self.place + by
        if self.stack and 0 <= to < len(self.stack):
            layers = list(self.stack)
            layers[at], layers[to] = layers[to], layers[at]
            self._put(layers, to)

    def action_freeze(self) -> None:
        """Freezes the highlighted layer, or lets it train again."""
        at = self.place
        if self.stack and isinstance(self.stack[at], Parametric):
            layer = self.stack[at]
            frozen = layer.replace(frozen=not dict(layer)["frozen"])
            self._put((*self.stack[:at], frozen, *self.stack[at + 1 :]), at)
