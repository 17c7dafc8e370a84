"""The part of a script that augments: the functions of `training/effects.py`, and their calls."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tui_lab.experiment.augmentation import Augmentation, Mixup, in_steps
from tui_lab.script.plan import Plan
from tui_lab.script.words import literal, told

EFFECTS = Path(__file__).parent.parent / "training" / "effects.py"


def functions(plan: Plan) -> list[str]:
    """The functions that the augmentation calls, word for word."""
    calls = [name for kind in plan.experiment.augmentation for name in _functions_of(kind)]
    found = _sources()
    used = {name for call in calls for name in found if name == call or name in found[call][1]}
    return [source for name, (source, _) in found.items() if name in used]


def _functions_of(kind: Augmentation) -> list[str]:
    return [type(kind).__name__.lower(), *(["moved"] if kind.moves else [])]


@cache
def _sources() -> dict[str, tuple[str, set[str]]]:
    """Each function's text, and the names that it uses; read, because importing it loads torch."""
    text = EFFECTS.read_text("utf-8")
    return {
        node.name: (
            ast.get_source_segment(text, node) or "",
            {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)},
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def background(plan: Plan) -> Iterator[str]:
    """What an empty pixel is after scaling, if the augmentation has to know."""
    if any(kind.moves or kind.fills for kind in plan.experiment.augmentation):
        empty = "-mean / deviation" if plan.experiment.dataset.scale else "0.0"
        code = f"background = torch.tensor({empty}, dtype=torch.float32)"
        yield from told(code, "an empty pixel")


def augmented(plan: Plan) -> Iterator[str]:
    """`x_epoch`: the training rows as they enter in this epoch."""
    yield "# Every epoch sees other changes of the training rows."
    picture = plan.facts.picture
    flat = picture is not None and plan.net.enters != picture
    yield "x_epoch = x_train[order]" + (f".reshape{(-1, *picture)}" if flat and picture else "")
    for step in in_steps(plan.experiment.augmentation):
        yield from _changed(step, plan.batch_size)
    if flat:
        yield "x_epoch = x_epoch.flatten(1)"


def mixes(plan: Plan) -> bool:
    """Whether rows are mixed with others, and so have two targets."""
    return any(isinstance(kind, Mixup) for kind in plan.experiment.augmentation)


def _changed(step: tuple[Augmentation, ...], batch_size: int) -> Iterator[str]:
    first, *others = step
    if first.moves:
        yield f"looks = {_call(first)}"
        for kind in others:
            yield f"looks = looks @ {_call(kind)}"
        yield "x_epoch = moved(x_epoch, looks, background)"
    elif isinstance(first, Mixup):
        yield f"x_epoch, partners, shares = {_call(first, f'batch_size={batch_size}')}"
        yield "other_order = order[partners]"
    else:
        yield f"x_epoch = {_call(first, *(['background=background'] if first.fills else []))}"


def _call(kind: Augmentation, *more: str) -> str:
    fields = [f"{name}={literal(value)}" for name, value in kind.arguments().items()]
    return f"{type(kind).__name__.lower()}({', '.join(['x_epoch', 'shuffler', *more, *fields])})"
