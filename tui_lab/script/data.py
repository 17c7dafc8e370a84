"""The first part of a script: reading the rows, filling and scaling them."""

from collections.abc import Iterator

from tui_lab.experiment.preparation import OTHER, Fill
from tui_lab.script.augmentation import background
from tui_lab.script.plan import Plan, Words
from tui_lab.script.words import enclosed, literal, told

FILLS: dict[Fill, tuple[str, str]] = {
    "median": ("median", "np.nanmedian(x[train], axis=0)"),
    "mean": ("mean", "np.nanmean(x[train], axis=0)"),
    "most_frequent": ("most frequent value", "pd.DataFrame(x[train]).mode().iloc[0].to_numpy()"),
}
"""What stands for a missing number, in words and in Python."""
BARE = """
def bare(cell):
    \"\"\"Takes away the ' that keeps spreadsheets from computing a text.\"\"\"
    return cell.removeprefix("'") if isinstance(cell, str) else cell
""".strip()


def bare_function(plan: Plan) -> list[str]:
    """The function that gives texts back as they are in the data, if some are guarded."""
    return [BARE] if plan.source.guarded else []


def reading(plan: Plan) -> Iterator[str]:
    """The table, the target `y` and the numbers `x` that enter, as NumPy arrays."""
    source, target = plan.source, literal(plan.facts.target)
    file = (
        'Path(__file__).with_suffix(".rows.csv")' if source.file is None else literal(source.file)
    )
    arguments = [f"{name}={literal(value)}" for name, value in source.reading.items()]
    yield "# The data: a table in which every row is a sample."
    yield from enclosed("table = pd.read_csv(", [file, *arguments], ")")
    if source.guarded:
        yield "table = table.rename(columns=bare).map(bare)"
    if source.left_out:
        yield "# These columns are not learned from."
        yield from enclosed("table = table.drop(columns=[", map(literal, source.left_out), "])")
    if source.dropped == "incomplete":
        yield from told("table = table.dropna()", "rows in which something is missing")
    elif source.dropped:
        dropped = f"table = table.dropna(subset=[{target}])"
        yield from told(dropped, "a row without a target teaches nothing")
    if source.marks:
        code = f"marks = table.pop({literal(source.marks.column)})"
        yield from told(code, "which split a row is in")
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
    for name, words in plan.source.words.items():
        yield from _chosen_words(f"table[{literal(name)}]", words)
    yield f"features = table.drop(columns={target})"
    yield "x = np.column_stack("
    yield "    ["
    yield "        pd.get_dummies(column, dtype=float) if name in texts else column"
    yield "        for name, column in features.items()"
    yield "    ]"
    yield ")"


def _chosen_words(column: str, chosen: Words) -> Iterator[str]:
    words = [*map(literal, chosen.words)]
    if not chosen.other:
        yield "# Any other word counts as missing."
        yield from enclosed("words = [", words, "]")
        yield f"{column} = pd.Categorical({column}.where({column}.isin(words)), words)"
        return
    yield "# Any other word counts as (other)."
    yield from enclosed("words = [", [*words, literal(OTHER)], "]")
    yield f"known = {column}.isin(words) | {column}.isna()"
    yield f"{column} = pd.Categorical({column}.where(known, words[-1]), words)"


def scaling(plan: Plan) -> Iterator[str]:
    """Filling and scaling, as learned from the training rows; `x` and `y` become tensors."""
    source, scale = plan.source, plan.experiment.dataset.scale
    if source.missing:
        what, fill = FILLS[source.missing]
        yield f"# Missing numbers become the {what} of the training rows."
        fill = f"np.nan_to_num({fill})" if source.empty else fill
        yield f"x = np.where(np.isnan(x), {fill}, x)"
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
    yield from background(plan)
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
