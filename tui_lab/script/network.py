"""The second part of a script: the network as an `nn.Sequential`."""

from collections.abc import Iterator

from tui_lab.errors import visible
from tui_lab.experiment.layers import Layer, Parametric, Weighted
from tui_lab.experiment.network import Row
from tui_lab.script.plan import Plan
from tui_lab.script.words import comment, enclosed, keywords, literal

INITIALISED = '''
def initialised(layer, draw):
    """The layer, its weight drawn anew by a function of nn.init."""
    draw(layer.weight)
    return layer
'''.strip()


def initialised_function(plan: Plan) -> list[str]:
    """The function that draws weights, if a layer asks for it."""
    return [INITIALISED] if any(_draws(row.layer) for row in plan.net.rows) else []


def _draws(layer: Layer) -> bool:
    return isinstance(layer, Weighted) and layer.initialisation != "default"


def network(plan: Plan) -> Iterator[str]:
    """Seed, threads and layers; what doesn't fit ends the network with a comment that says why."""
    seed, net = plan.experiment.training.seed, plan.net
    yield f"# The network: {net.total:,} parameters. The seed decides their first values."
    yield f"torch.manual_seed({seed})"
    yield f"torch.set_num_threads({plan.threads})"
    named = any(row.layer.name for row in net.rows)
    yield "network = nn.Sequential("
    yield from ["    OrderedDict(", "        ["] if named else []
    for row in net.rows:
        yield from _named_layer(row) if named else _layer(row, "    ", ",")
    if net.error:
        yield f"    # {visible(str(net.error))}"
    yield from ["        ]", "    )"] if named else []
    yield ")"
    if weights := plan.experiment.weights:
        yield from _loading(plan, visible(weights.from_, 80))


def _loading(plan: Plan, source: str) -> Iterator[str]:
    """The first weights that are not the seed's, from the file beside the script."""
    if not plan.loaded:
        yield from comment(f"None of these weights come from {source}.")
        return
    holding = [place for place, row in enumerate(plan.net.rows) if row.tensors]
    which = ", ".join(f"network[{place}]" for place in plan.loaded)
    if every := plan.loaded == holding:
        yield from comment(f"All weights come from {source}, none are random.")
    else:
        yield from comment(f"The weights of {which} come from {source}, the others are random.")
    yield 'weights = torch.load(Path(__file__).with_suffix(".weights.pt"), weights_only=True)'
    yield f"network.load_state_dict(weights{'' if every else ', strict=False'})"


def _named_layer(row: Row) -> list[str]:
    return _layer(row, f"            ({literal(row.key)}, ", "),")


def _layer(row: Row, before: str, after: str) -> list[str]:
    """`nn.Linear(64, 32),` and what is done to it where it is made, so that the seed fits."""
    layer, name = row.layer, type(row.layer).__name__
    before, end = f"{before}nn.{name}(", f"){after}"
    if isinstance(layer, Parametric) and layer.frozen:
        end = f").requires_grad_(False){after}"
    if isinstance(layer, Weighted) and _draws(layer):
        before = before.replace("nn.", "initialised(nn.")
        end = f"), nn.init.{layer.initialisation}_{end}"
    return enclosed(before, _arguments(row), end)


def _arguments(row: Row) -> list[str]:
    """What follows from the layer before and the width without their names, the rest with."""
    layer = row.layer
    arguments, fields = layer.arguments_for(row.enters), type(layer).model_fields
    plain = [name for name in arguments if name not in fields]
    plain += [layer.first] if isinstance(layer, Weighted) and layer.first else []
    rest = {name: value for name, value in arguments.items() if name not in plain}
    return [literal(arguments[name]) for name in plain] + keywords(layer, rest)
