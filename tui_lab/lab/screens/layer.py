"""Adding or editing layers: typed on one line, with what follows from them shown at once."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.edits import fields_of, first_sentence, parse_layers, written_layer
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.network import Network
from tui_lab.experiment.shape import written_shape
from tui_lab.lab.widgets.rows import Line, Rows, cut

NAME_WIDTH, ABOUT_WIDTH = 13, 58


class LayerDialog(ModalScreen[tuple[Layer, ...] | None]):
    """A line like `Linear 64, ReLU` with the shapes and counts that follow; Enter takes it."""

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss(None)", "Cancel", id="layer.cancel"),
        Binding("down", "move(1)", show=False, id="layer.down"),
        Binding("up", "move(-1)", show=False, id="layer.up"),
        Binding("tab", "complete", "Complete the name", show=False, id="layer.complete"),
    ]

    def __init__(
        self, title: str, layer: Layer | None, arithmetic: Callable[[tuple[Layer, ...]], Network],
        before: tuple[Layer, ...], after: tuple[Layer, ...],
    ) -> None:  # fmt: skip
        super().__init__()
        self.heading, self.arithmetic, self.before, self.after = title, arithmetic, before, after
        self.text = written_layer(layer, whole=True) if layer else ""
        self.kinds: list[type[Layer]] = []

    def compose(self) -> ComposeResult:
        """The line, what follows from it, and the layers there are."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self.heading
            dialog.border_subtitle = "Enter takes it · Tab completes · Esc cancels"
            yield Line(self.text, placeholder="Linear 64, ReLU, Linear 10")
            yield Static(id="preview")
            yield Static(id="fields")
            yield Rows()

    def on_mount(self) -> None:
        """Shows the preview for the text as it stands."""
        self._show(self.text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Everything follows while typing."""
        self._show(event.value)

    def _show(self, text: str) -> None:
        words = _last(text).replace(":", " ").split()
        word = words[0].lower() if words else ""
        self.kinds = [kind for name, kind in Layer.kinds().items() if word in name.lower()]
        self.query_one(Rows).rebuild([_kind_row(kind) for kind in self.kinds])
        self.query_one("#preview", Static).update(self._preview(text))

    def _preview(self, text: str) -> Content:
        """The last layer's shapes and formula, and the network's total; or what is wrong."""
        try:
            layers = parse_layers(text)
        except BadInput as error:
            return Content.styled(str(error), "$foreground-muted")
        net = self.arithmetic((*self.before, *layers, *self.after))
        place = len(self.before) + len(layers) - 1
        if len(net.rows) <= place:
            return Content.styled(str(net.error), "$text-error")
        row = net.rows[place]
        later = f" · then {net.error}" if net.error else ""
        return Content.assemble(
            f"{written_shape(row.enters)} → {written_shape(row.leaves)} · {row.formula}\n",
            f"the whole network: {net.total:,} parameters",
            (visible(later), "$text-warning"),
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Says what the highlighted layer takes."""
        if event.option_index >= len(self.kinds):
            return  # the list is shorter by now
        kind = self.kinds[event.option_index]
        fields = ", ".join((*fields_of(kind), "name"))
        self.query_one("#fields", Static).update(Content(f"{kind.__name__} takes {fields}"))

    def action_move(self, by: int) -> None:
        """Moves through the list while the line keeps the focus."""
        rows = self.query_one(Rows)
        if self.kinds:
            rows.highlighted = ((rows.highlighted or 0) + by) % len(self.kinds)

    def action_complete(self) -> None:
        """Writes out the highlighted layer's name."""
        place = self.query_one(Rows).highlighted
        if self.kinds and place is not None:
            self._fill(self.kinds[place])

    def _fill(self, kind: type[Layer]) -> None:
        line = self.query_one(Line)
        start = line.value[: len(line.value) - len(_last(line.value))]
        line.value = f"{start}{' ' if start else ''}{kind.__name__}{' ' if kind.first else ''}"
        line.cursor_position = len(line.value)
        line.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes the layers if they are right; a name that is only begun is written out."""
        try:
            layers = parse_layers(event.value)
        except BadInput:
            if len(_last(event.value).split()) < 2:
                self.action_complete()
        else:
            self.dismiss(layers)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Writes out the selected layer's name."""
        if event.option_index < len(self.kinds):
            self._fill(self.kinds[event.option_index])


def _last(text: str) -> str:
    """What is typed behind the last comma."""
    return text if "{" in text else text.rpartition(",")[2]


def _kind_row(kind: type[Layer]) -> Content:
    about = cut(first_sentence(kind), ABOUT_WIDTH)
    return Content.assemble(f"{kind.__name__:{NAME_WIDTH}}", (about, "$foreground-muted"))
