"""Random Experiments, made from the types and limits of the fields, so that new ones are there."""

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tui_lab.experiment.card import Card
from tui_lab.experiment.dataset import Csv, Dataset, Shipped, card_of, shipped_names
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.generated import generated_kinds
from tui_lab.experiment.named import Matches, Named, Part, key_of
from tui_lab.experiment.pictures import Pictures
from tui_lab.experiment.ranges import Choice, Integers, LogUniform, Uniform
from tui_lab.experiment.sweep import Sweep

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
splits = st.tuples(st.floats(0.05, 0.9), st.floats(0.05, 0.9)).map(
    lambda two: (two[0], two[1] * (1 - two[0]), 1 - two[0] - two[1] * (1 - two[0]))
)
DATASETS: list[type[Dataset]] = [Csv, Pictures, *generated_kinds().values()]


def parts(kind: type[Part], cap: float = 10**9, **fixed: Any) -> st.SearchStrategy:
    """Parts of a kind with random fields; no number lies further than `cap` above its minimum."""
    fields = {
        name: fixed.get(name, _values(field.annotation, field.metadata, cap))
        for name, field in kind.model_fields.items()
    }
    needed = {name for name, field in kind.model_fields.items() if field.is_required()}
    chosen = st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: value for name, value in fields.items() if name not in needed},
    )
    return chosen.map(lambda values: _built(kind, values)).filter(lambda part: part is not None)


def named(family: type[Named], cap: float = 10**9) -> st.SearchStrategy:
    """Any member of a family."""
    return st.sampled_from(list(family.kinds().values())).flatmap(lambda kind: parts(kind, cap))


def datasets() -> st.SearchStrategy:
    """Any dataset."""
    shipped = st.sampled_from(shipped_names()).flatmap(_shipped)
    return shipped | st.sampled_from(DATASETS).flatmap(
        lambda kind: parts(kind, 10**9, split=splits, name=_names(kind), **_paths(kind))
    )


def _paths(kind: type[Dataset]) -> dict[str, st.SearchStrategy]:
    """Whole paths, which stay as they are wherever a preset lies."""
    whole = text.map(lambda name: f"/{name}")
    fields = {name: kind.model_fields[name] for name in getattr(kind, "paths", ())}
    return {
        name: whole if field.is_required() else st.none() | whole for name, field in fields.items()
    }


def _names(kind: type[Dataset]) -> st.SearchStrategy:
    return st.sampled_from([name for name, known in generated_kinds().items() if known is kind])


def _shipped(name: str) -> st.SearchStrategy:
    """A shipped dataset, or a part of it."""
    card, number = card_of(name), st.integers(1, card_of(name).rows)
    rows = st.none() | st.tuples(number, number).map(lambda pair: tuple(sorted(pair)))
    return parts(
        Shipped, split=splits, name=st.just(name), rows=rows, classes=st.none() | _classes(card)
    )


def _classes(card: Card) -> st.SearchStrategy:
    """Some classes of a card, or groups of them."""
    if not card.classes:
        return st.none()
    some = st.permutations(card.classes).flatmap(
        lambda names: st.integers(2, len(names)).map(lambda count: tuple(names[:count]))
    )
    names = st.lists(text.filter(bool), min_size=2, max_size=2, unique=True)
    return some | st.builds(lambda old, new: {new[0]: old[:1], new[1]: old[1:]}, some, names)


def experiments() -> st.SearchStrategy:
    """Whole Experiments."""
    return parts(Experiment, dataset=datasets(), sweep=st.none() | sweeps())


def sweeps() -> st.SearchStrategy:
    """Sweeps of settings that every Experiment has."""
    numbers = st.floats(1e-6, 1e3)
    settings = st.fixed_dictionaries(
        {"optimizer.lr": st.builds(_span, st.sampled_from([Uniform, LogUniform]), numbers)},
        optional={
            "training.epochs": st.builds(_whole, st.integers(1, 1000)),
            "dataset.batch_size": st.lists(st.integers(1, 500), min_size=1, max_size=4).map(
                lambda values: Choice(values=tuple(values))
            ),
        },
    )
    return parts(Sweep, settings=settings, method=st.sampled_from(["random", "tpe"]))


def _span(kind: type, low: float) -> Any:
    return kind(bounds=(low, 2 * low))


def _whole(low: int) -> Integers:
    return Integers(bounds=(low, low + 5))


def _built(kind: type[Part], values: dict) -> Part | None:
    try:
        return kind(**{key_of(kind, name): value for name, value in values.items()})
    except ValidationError:
        return None


def _values(annotation: Any, metadata: list, cap: float) -> st.SearchStrategy:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        deep = [x for m in more for x in (m.metadata if isinstance(m, FieldInfo) else [m])]
        return _values(inner, [*metadata, *deep], cap)
    if origin in (Union, types.UnionType):
        return st.one_of([_values(option, metadata, cap) for option in get_args(annotation)])
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin is tuple:
        return _tuples(get_args(annotation), metadata, cap)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        whole = issubclass(annotation, Named)
        return named(annotation, cap) if whole else parts(annotation, cap)
    return _plain(annotation, metadata, cap)


def _tuples(inner: tuple, metadata: list, cap: float) -> st.SearchStrategy:
    if inner[-1] is Ellipsis:
        return st.lists(_values(inner[0], [], cap), max_size=4).map(tuple)
    return st.tuples(*(_values(one, [], cap) for one in inner))


def _plain(kind: Any, metadata: list, cap: float) -> st.SearchStrategy:
    limits = {name: getattr(m, name) for m in metadata for name in ("ge", "gt", "le", "lt")
              if hasattr(m, name)}  # fmt: skip
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    top = min(x for x in (high, (low or 0) + cap) if x is not None)
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(-cap if low is None else low + ("gt" in limits), int(top))
    if kind is float:
        return st.floats(
            -cap if low is None else low, top, allow_nan=False,
            exclude_min="gt" in limits, exclude_max="lt" in limits and top == high,
        )  # fmt: skip
    if kind is str:
        pattern = next((m.pattern for m in metadata if isinstance(m, Matches)), None)
        return st.from_regex(pattern, fullmatch=True) if pattern else text
    return st.none()
