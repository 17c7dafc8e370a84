"""Adding or editing a layer: typed on one line, with what follows from it shown at once."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.edits import described, parse_layer, shown
from tui_lab.experiment.layers import Layer, Shape, written_shape
from tui_lab.experiment.network import network
from tui_lab.lab.widgets.rows import Rows


class LayerDialog(ModalScreen[Layer | None]):
    """A line like `Linear 64` with the shapes and counts that follow; Enter takes it."""

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss(None)", "Cancel", id="layer.cancel"),
        Binding("down", "move(1)", show=False, id="layer.down"),
        Binding("up", "move(-1)", show=False, id="layer.up"),
        Binding("tab", "complete", show=False, id="layer.complete"),
    ]

    def __init__(
        self, title: str, layer: Layer | None, enters: Shape,
        before: tuple[Layer, ...], after: tuple[Layer, ...],
    ) -> None:  # fmt: skip
        super().__init__()
        self.heading, self.enters, self.before, self.after = title, enters, before, after
        self.text = described_fully(layer) if layer else ""
        self.kinds: list[type[Layer]] = []

    def compose(self) -> ComposeResult:
        """The line, what follows from it, and the layers there are."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self.heading
            yield Input(self.text, placeholder="Linear 64", compact=True, select_on_focus=False)
            yield Static(classes="preview")
            yield Rows()

    def on_mount(self) -> None:
        """Shows the preview for the text as it stands."""
        self._show(self.text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Everything follows while typing."""
        self._show(event.value)

    def _show(self, text: str) -> None:
        word = text.replace(":", " ").split()[0].lower() if text.split() else ""
        kinds = Layer.kinds()
        self.kinds = [kind for name, kind in kinds.items() if word in name.lower()]
        self.query_one(Rows).rebuild([_kind_row(kind) for kind in self.kinds])
        self.query_one(Static).update(self._preview(text))

    def _preview(self, text: str) -> Content:
        try:
            layer = parse_layer(text)
        except BadInput as error:
            return Content.styled(str(error), "$text-muted")
        net = network(self.enters, (*self.before, layer, *self.after))
        place = len(self.before)
        if len(net.rows) <= place:
            return Content.styled(str(net.error), "$text-error")
        row = net.rows[place]
        return Content(
            f"{written_shape(row.enters)} → {written_shape(row.leaves)} · {row.formula}\n"
            f"the whole network: {net.total:,} parameters"
        )

    def action_move(self, by: int) -> None:
        """Moves through the list while the input keeps the focus."""
        rows = self.query_one(Rows)
        if self.kinds:
            rows.highlighted = ((rows.highlighted or 0) + by) % len(self.kinds)

    def action_complete(self) -> None:
        """Writes out the highlighted layer's name."""
        place = self.query_one(Rows).highlighted
        if self.kinds and place is not None:
            self._fill(self.kinds[place])

    def _fill(self, kind: type[Layer]) -> None:
        field = self.query_one(Input)
        field.value = kind.__name__ + (" " if kind.first else "")
        field.cursor_position = len(field.value)
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes the layer if it is complete; otherwise writes out the highlighted name."""
        try:
            self.dismiss(parse_layer(event.value))
        except BadInput:
            self.action_complete()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Writes out the selected layer's name."""
        self._fill(self.kinds[event.option_index])


def _kind_row(kind: type[Layer]) -> Content:
    fields = [name for name in kind.model_fields if name not in ("name", "frozen")]
    about = (kind.__doc__ or "").split("\n")[0]
    return Content.assemble(
        f"{kind.__name__:12}", (visible(about), "$text-muted"), (f"  {' '.join(fields)}", "dim")
    )


def described_fully(layer: Layer) -> str:
    """Like `described`, with name and frozen where set: a line that reads back as the layer."""
    extra = [f"{f}={shown(getattr(layer, f))}" for f in ("name", "frozen") if dict(layer).get(f)]
    return " ".join([described(layer), *extra])
