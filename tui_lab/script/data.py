"""The first part of a script: reading the rows, splitting, filling and scaling them."""

from collections.abc import Iterator

from tui_lab.script.plan import Plan
from tui_lab.script.words import enclosed, literal, told

SPLIT = '''
def split(y, shares, seed):
    """Shares the rows of every class out; gives the row numbers of the three parts."""
    random = np.random.default_rng(seed)
    order, owed, parts = random.permutation(len(y)), np.zeros(3), ([], [], [])
    for label in np.unique(y):
        rows = order[y[order] == label]
        counts = np.floor(len(rows) * shares + 1e-9).astype(int)
        owed += len(rows) * shares - counts
        # Rows that are left over go to the parts that have got too little so far.
        left = len(rows) - counts.sum()
        next_ones = np.argsort(-owed, kind="stable")[:left]
        counts[next_ones] += 1
        owed[next_ones] -= 1
        pieces = np.split(rows, counts.cumsum()[:2])
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    return [random.permutation(np.concatenate(part)) for part in parts]
'''.strip()
PLAIN = '        next_ones = np.argsort(-owed, kind="stable")[:left]'
TRAIN_FIRST = """
        first = [np.inf if counts[0] == 0 else 0, 0, 0]  # train needs a row of every class
        next_ones = np.argsort(-owed - first, kind="stable")[:left]
""".strip("\n")
"""Where a class can be too small for a training row, it gets one before anything else."""


def reading(plan: Plan) -> Iterator[str]:
    """The table, the target `y` and the numbers `x` that enter, as NumPy arrays."""
    source, target = plan.source, literal(plan.facts.target)
    file = (
        'Path(__file__).with_suffix(".rows.csv")' if source.file is None else literal(source.file)
    )
    arguments = [f"{name}={literal(value)}" for name, value in source.reading.items()]
    yield "# The data: a table in which every row is a sample."
    yield from enclosed("table = pd.read_csv(", [file, *arguments], ")")
    if source.without_target:
        dropped = f"table = table.dropna(subset=[{target}])"
        yield from told(dropped, "a row without a target teaches nothing")
    if source.left_out:
        yield "# These columns are empty, always the same, or differ in nearly every row."
        yield from enclosed("table = table.drop(columns=[", map(literal, source.left_out), "])")
    yield from _target(plan, target)
    if source.texts:
        yield from _words(plan, target)
    else:
        yield f"x = table.drop(columns={target}).to_numpy(float)"


def _target(plan: Plan, target: str) -> Iterator[str]:
    classes = plan.source.classes
    if not plan.facts.classes:
        yield f"y = table[{target}].to_numpy(float)"
    elif classes is None:
        code = f"y, classes = pd.factorize(table[{target}], sort=True)"
        yield from told(code, "the classes as 0, 1, 2, ...")
    else:
        yield from enclosed("classes = [", map(literal, classes), "]")
        code = f"y = table[{target}].map(classes.index).to_numpy()"
        yield from told(code, "the classes as 0, 1, 2, ...")


def _words(plan: Plan, target: str) -> Iterator[str]:
    yield ""
    yield "# A column of text becomes one column of 0 and 1 for each of its words."
    yield from enclosed("texts = [", map(literal, plan.source.texts), "]")
    yield f"features = table.drop(columns={target})"
    yield "x = np.column_stack("
    yield "    ["
    yield "        pd.get_dummies(column, dtype=float) if name in texts else column"
    yield "        for name, column in features.items()"
    yield "    ]"
    yield ")"


def splitting(plan: Plan) -> Iterator[str]:
    """The row numbers `train`, `validation` and `test`."""
    shares, seed = plan.experiment.dataset.split, plan.experiment.dataset.seed
    percents = ", ".join(f"{100 * share:.4g} %" for share in shares)
    if plan.facts.classes:
        yield f"# {percents} of every class for train, validation and test."
        yield f"train, validation, test = split(y, np.array({literal(list(shares))}), {seed})"
        return
    yield f"# {percents} of the rows for train, validation and test."
    first, second, _ = plan.source.sizes
    yield f"random = np.random.default_rng({seed})"
    yield f"parts = np.split(random.permutation(len(y)), [{first}, {first + second}])"
    yield "train, validation, test = (random.permutation(part) for part in parts)"


def split_function(plan: Plan) -> list[str]:
    """The function that splits by class, if there are classes."""
    if not plan.facts.classes:
        return []
    return [SPLIT.replace(PLAIN, TRAIN_FIRST) if plan.source.rare_class else SPLIT]


def scaling(plan: Plan) -> Iterator[str]:
    """Filling and scaling, as learned from the training rows; `x` and `y` become tensors."""
    source, scale = plan.source, plan.experiment.dataset.scale
    if source.missing:
        yield "# Missing numbers become the median of the training rows."
        median = "np.nanmedian(x[train], axis=0)"
        median = f"np.nan_to_num({median})" if source.empty else median
        yield f"x = np.where(np.isnan(x), {median}, x)"
    if scale:
        yield "# Standardised: around 0, with a deviation of 1 in the training rows."
        axis = "" if plan.facts.picture else "axis=0"
        yield f"mean, deviation = x[train].mean({axis}), x[train].std({axis})"
    if scale and source.constant:
        code = "deviation[np.ptp(x[train], axis=0) == 0] = np.inf"
        yield from told(code, "what is always the same becomes 0")
    numbers = "(x - mean) / deviation" if scale else "x"
    picture = f".reshape{(-1, *plan.net.enters)}" if len(plan.net.enters) > 1 else ""
    yield f"x = torch.tensor({numbers}, dtype=torch.float32){picture}"
    yield from _target_tensor(plan, scale)


def _target_tensor(plan: Plan, scale: bool) -> Iterator[str]:
    if not plan.one_number:
        yield "y = torch.tensor(y)"
    elif plan.facts.classes or not scale:
        yield "y = torch.tensor(y, dtype=torch.float32)"
    else:
        flat = " or 1.0" if plan.source.constant_target else ""
        yield f"target_mean, target_deviation = y[train].mean(), y[train].std(){flat}"
        yield "y = torch.tensor((y - target_mean) / target_deviation, dtype=torch.float32)"
