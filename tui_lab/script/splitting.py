"""The part of a script that says which rows are for training, validation and test."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from tui_lab.script.plan import Plan
from tui_lab.script.words import enclosed, literal

SPLITS = ("train", "validation", "test")
SPLIT = '''
def split(y, shares, seed):
    """Shares the rows of every class out; gives the row numbers of each part."""
    random = np.random.default_rng(seed)
    order, owed = random.permutation(len(y)), np.zeros(len(shares))
    parts = [[] for _ in shares]
    for label in np.unique(y):
        rows = order[y[order] == label]
        counts = np.floor(len(rows) * shares + 1e-9).astype(int)
        owed += len(rows) * shares - counts
        # Rows that are left over go to the parts that have got too little so far.
        left = len(rows) - counts.sum()
        next_ones = np.argsort(-owed, kind="stable")[:left]
        counts[next_ones] += 1
        owed[next_ones] -= 1
        pieces = np.split(rows, counts.cumsum()[:-1])
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    return [random.permutation(np.concatenate(part)) for part in parts]
'''.strip()
PLAIN = '        next_ones = np.argsort(-owed, kind="stable")[:left]'
TRAIN_FIRST = """
        first = owed.copy()
        first[0] = np.inf if counts[0] == 0 else first[0]  # train needs a row of every class
        next_ones = np.argsort(-first, kind="stable")[:left]
""".strip("\n")
"""Where a class can be too small for a training row, it gets one before anything else."""


def split_function(plan: Plan) -> list[str]:
    """The function that splits by class, if that is asked for."""
    if not plan.stratified:
        return []
    return [SPLIT.replace(PLAIN, TRAIN_FIRST) if plan.source.rare_class else SPLIT]


def splitting(plan: Plan) -> Iterator[str]:
    """The row numbers `train`, `validation` and `test`."""
    marks = plan.source.marks
    held = {"validation": marks.validation, "test": marks.test} if marks else {}
    drawn = [name for name in SPLITS if not held.get(name)]
    if marks:
        yield from _held({name: words for name, words in held.items() if words})
    every = "of the other rows" if marks else "" if plan.stratified else "of the rows"
    every += " of every class" if plan.stratified else ""
    shares = _shares(plan, drawn)
    percents = ", ".join(f"{100 * share:.4g} %" for share in shares)
    yield f"# {percents} {every.strip()} for {_listed(drawn)}."
    free = "free" if marks else ""
    yield from (_by_class if plan.stratified else _regardless)(plan, drawn, free)


def _held(held: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The rows that are held for validation or test, and `free`, the others."""
    yield "# Rows that are marked for validation or test are for nothing else."
    for name, words in held.items():
        before = f"{name} = np.flatnonzero(marks.isin(["
        yield from enclosed(before, map(literal, words), "]))")
    every = [literal(word) for words in held.values() for word in words]
    yield from enclosed("free = np.flatnonzero(~marks.isin([", every, "]))")


def _shares(plan: Plan, drawn: Sequence[str]) -> list[float]:
    """Of the rows that are shared out."""
    share_of = dict(zip(SPLITS, plan.experiment.dataset.split, strict=True))
    shares = [share_of[name] for name in drawn]
    return shares if len(shares) == len(SPLITS) else [share / sum(shares) for share in shares]


def _by_class(plan: Plan, drawn: Sequence[str], free: str) -> Iterator[str]:
    y, shares = f"y[{free}]" if free else "y", literal(_shares(plan, drawn))
    parts = f"split({y}, np.array({shares}), {plan.experiment.dataset.seed})"
    yield f"{_names(drawn)} = " + (f"({free}[part] for part in {parts})" if free else parts)


def _regardless(plan: Plan, drawn: Sequence[str], free: str) -> Iterator[str]:
    """In a drawn order, whatever the targets are."""
    sizes = dict(zip(SPLITS, plan.source.sizes, strict=True))
    ends = list(accumulate(sizes[name] for name in drawn[:-1]))
    part = f"{free}[random.permutation(part)]" if free else "random.permutation(part)"
    yield f"random = np.random.default_rng({plan.experiment.dataset.seed})"
    yield f"parts = np.split(random.permutation(len({free or 'y'})), {literal(ends)})"
    yield f"{_names(drawn)} = ({part} for part in parts)"


def _listed(drawn: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(drawn[:-1]), drawn[-1]]))


def _names(drawn: Sequence[str]) -> str:
    return ", ".join(drawn) if len(drawn) > 1 else f"({drawn[0]},)"
