"""Arithmetic over a stack of layers: shapes, parameter counts, bytes. No torch needed."""

from dataclasses import dataclass
from math import prod

from tui_lab.errors import BadInput
from tui_lab.experiment.layers import Layer, Parametric
from tui_lab.experiment.shape import Shape, written_shape

BYTES_PER_NUMBER = 4  # float32


@dataclass(frozen=True)
class Row:
    """One layer in its place: what enters, what leaves, what it holds."""

    key: str
    """Its name in the Sequential: `0`, `1`, … or the layer's own name."""
    layer: Layer
    enters: Shape
    leaves: Shape
    parameters: dict[str, Shape]

    @property
    def total(self) -> int:
        """How many parameters it has."""
        return sum(map(prod, self.parameters.values()))

    @property
    def trainable(self) -> int:
        """How many of them move while training."""
        return 0 if isinstance(self.layer, Parametric) and self.layer.frozen else self.total

    @property
    def tensors(self) -> dict[str, tuple[Shape, str]]:
        """Shape and dtype of all that a `state_dict` holds of it, by name: `0.weight`."""
        own = {name: (shape, "float32") for name, shape in self.parameters.items()}
        own |= self.layer.buffers(self.enters)
        return {f"{self.key}.{name}": about for name, about in own.items()}

    @property
    def formula(self) -> str:
        """How its count comes about: `64*64 + 64 = 4,160`."""
        terms = " + ".join("*".join(map(str, shape)) for shape in self.parameters.values())
        return f"{terms} = {self.total:,}" if terms else "no parameters"


@dataclass(frozen=True)
class Network:
    """All rows of a stack, as far as shapes fit; `error` says where and why they stop fitting."""

    enters: Shape
    rows: tuple[Row, ...]
    error: BadInput | None = None

    @property
    def leaves(self) -> Shape:
        """The shape of one output sample."""
        return self.rows[-1].leaves if self.rows else self.enters

    @property
    def total(self) -> int:
        """How many parameters there are."""
        return sum(row.total for row in self.rows)

    @property
    def trainable(self) -> int:
        """How many parameters move while training."""
        return sum(row.trainable for row in self.rows)

    @property
    def bytes(self) -> int:
        """The size of the parameters as float32."""
        return self.total * BYTES_PER_NUMBER


def network(enters: Shape, layers: tuple[Layer, ...]) -> Network:
    """The arithmetic of `layers` for samples of shape `enters`; never raises."""
    rows: list[Row] = []
    shape = enters
    for index, layer in enumerate(layers):
        try:
            leaves = layer.output_shape(shape)
        except BadInput as error:
            place = BadInput(f"layer {index + 1}: {error}")
            return Network(enters, tuple(rows), place)
        key = layer.name or str(index)
        rows.append(Row(key, layer, shape, leaves, layer.parameters(shape)))
        shape = leaves
    return Network(enters, tuple(rows), _name_clash(layers))


def _name_clash(layers: tuple[Layer, ...]) -> BadInput | None:
    at = clashing(layers)
    if at is None:
        return None
    name = layers[at].name
    if name in RESERVED:
        return BadInput(f'a layer can\'t have the name "{name}": nn.Sequential uses it itself')
    return BadInput(f'two layers have the name "{name}"; each name may appear once')


def clashing(layers: tuple[Layer, ...]) -> int | None:
    """The index of the first layer whose name is taken by another or by `nn.Sequential`."""
    taken = set(RESERVED)
    for index, layer in enumerate(layers):
        if layer.name in taken:
            return index
        taken |= {layer.name} if layer.name else set()
    return None


def summary(net: Network) -> str:
    """`64 → 10 · 4,810 parameters · 18.8 KiB`."""
    shapes = f"{written_shape(net.enters)} → {written_shape(net.leaves)}"
    frozen = f" ({net.trainable:,} trainable)" if net.trainable != net.total else ""
    return f"{shapes} · {net.total:,} parameters{frozen} · {written_bytes(net.bytes)}"


def written_bytes(count: float) -> str:
    """A number of bytes as people read it: `18.8 KiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} TiB"


SEQUENTIAL_WORDS = """
add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double
dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter
get_submodule half insert ipu load_state_dict modules mtia named_buffers named_children
named_modules named_parameters parameters pop register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict
to to_empty train training type xpu zero_grad T_destination
"""
RESERVED = frozenset(SEQUENTIAL_WORDS.split())
"""Names that `nn.Sequential` has for itself; a test compares them with torch's."""
