"""The layer stack: one row a layer with its output shape and parameters."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList

from tui_lab.errors import visible
from tui_lab.experiment.edits import written_layer
from tui_lab.experiment.layers import Layer, Parametric
from tui_lab.experiment.network import BYTES_PER_NUMBER, Network, written_bytes
from tui_lab.experiment.shape import written_shape
from tui_lab.experiment.weights import Weights
from tui_lab.lab.widgets.rows import Rows, cut

SHAPE_WIDTH, COUNT_WIDTH = 8, 10
Change = Callable[[tuple[Layer, ...]], None]
"""Takes the changed stack; called, not posted, so that the next key sees it."""


class Layers(Vertical):
    """The network as a stack; the screen decides what becomes of a change."""

    BINDINGS: ClassVar = [
        Binding("a", "add", "Add", tooltip="Add layers", id="layers.add"),
        Binding("d,delete", "remove", "Del", tooltip="Delete the layer", id="layers.delete"),
        Binding("D", "clear", "Delete all layers", show=False, id="layers.clear"),
        Binding("c", "duplicate", "Copy layer", show=False, id="layers.duplicate"),
        Binding("J,shift+down", "move(1)", "Move layer down", show=False, id="layers.down"),
        Binding("K,shift+up", "move(-1)", "Move layer up", show=False, id="layers.up"),
        Binding("z", "freeze", "Freeze layer", show=False, id="layers.freeze"),
    ]

    def __init__(self, change: Change, *, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title, self.change = "Network", change
        self.stack: tuple[Layer, ...] = ()
        self.net: Network | None = None
        """The arithmetic of the stack; None while the data are not known."""
        self.arithmetic: Callable[[tuple[Layer, ...]], Network] | None = None
        """The arithmetic of any stack on the same data."""
        self.loaded: frozenset[int] = frozenset()
        """The positions of the layers that begin with loaded weights."""
        self._wanted: int | None = None
        """The place to highlight once the changed stack is shown."""

    def compose(self) -> ComposeResult:
        """One list."""
        yield Rows()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Layers can be changed once it is known what enters them."""
        return self.net is not None

    def show(
        self, layers: tuple[Layer, ...], arithmetic: Callable[[tuple[Layer, ...]], Network] | None,
        optimizer_numbers: int, weights: Weights | None = None,
    ) -> None:  # fmt: skip
        """Shows the stack and its totals; the rows that don't fit are marked."""
        self.stack, self.arithmetic = layers, arithmetic
        self.net = net = arithmetic(layers) if arithmetic else None
        self.loaded = weights.places(net) if weights and net else frozenset()
        rows = [self._row(index, layer) for index, layer in enumerate(layers)]
        empty = Content.styled("no layers yet: press a to add one", "$foreground-muted")
        self.query_one(Rows).rebuild(rows or [empty], self._wanted)
        self._wanted = None
        self._show_totals(net, optimizer_numbers)

    def _show_totals(self, net: Network | None, optimizer_numbers: int) -> None:
        if net is None:
            self.border_title, self.border_subtitle = "Network", ""
            return
        frozen = net.trainable != net.total
        trains = f" ({net.trainable:,} trainable)" if frozen else " parameters"
        state = written_bytes(net.trainable * BYTES_PER_NUMBER * optimizer_numbers)
        self.border_title = f"Network · {net.total:,}{trains}"
        self.border_subtitle = f"{written_bytes(net.bytes)}, and {state} for the optimizer"

    def on_resize(self) -> None:
        """Longer rows have room for more of a layer's settings."""
        if self.stack:
            self.query_one(Rows).rebuild([self._row(i, x) for i, x in enumerate(self.stack)])

    def _row(self, index: int, layer: Layer) -> Content:
        """`1 Linear 64      64  4,160`: the name, what leaves it, its parameters."""
        width = max(self.content_size.width - SHAPE_WIDTH - COUNT_WIDTH - 1, 10)
        marks = " <" if index in self.loaded else ""
        marks += " ❄" if isinstance(layer, Parametric) and layer.frozen else ""
        name = cut(visible(f"{index + 1} {written_layer(layer)}"), width - len(marks)) + marks
        if self.net is None:
            return Content(name)
        if index >= len(self.net.rows):
            return Content.styled(f"{name:{width}} ✗", "$text-error")
        row = self.net.rows[index]
        count = f"{row.total:,}" if row.total else ""
        shape = written_shape(row.leaves)
        return Content.assemble(
            (f"{name:{width}}", "bold" if row.total else ""),
            f"{shape:>{SHAPE_WIDTH}}{count:>{COUNT_WIDTH}}",
        )

    @property
    def place(self) -> int:
        """The highlighted layer's position."""
        return self.query_one(Rows).highlighted or 0

    def _put(self, layers: Sequence[Layer], place: int) -> None:
        self._wanted = place
        self.change(tuple(layers))

    def action_add(self) -> None:
        """Adds a layer below the highlighted one."""
        at = min(self.place + 1, len(self.stack))
        self._dialog("Add layers", self.stack[:at], self.stack[at:])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter edits the layer, or adds the first."""
        event.stop()
        if self.net is None:
            return
        if not self.stack:
            self.action_add()
            return
        at, layer = self.place, self.stack[self.place]
        self._dialog("Edit the layer", self.stack[:at], self.stack[at + 1 :], layer)

    def _dialog(
        self, title: str, before: tuple[Layer, ...], after: tuple[Layer, ...],
        layer: Layer | None = None,
    ) -> None:  # fmt: skip
        def done(new: tuple[Layer, ...] | None) -> None:
            if new:
                self._put((*before, *new, *after), len(before) + len(new) - 1)

        from tui_lab.lab.screens.layer import LayerDialog

        if self.arithmetic is not None:
            self.app.push_screen(LayerDialog(title, layer, self.arithmetic, before, after), done)

    def action_remove(self) -> None:
        """Deletes the highlighted layer."""
        if self.stack:
            at = self.place
            self._put(self.stack[:at] + self.stack[at + 1 :], at)

    def action_clear(self) -> None:
        """Deletes all layers."""
        self._put((), 0)

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
