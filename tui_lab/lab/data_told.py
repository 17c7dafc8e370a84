"""What is known of a dataset, in words for the data screen."""

from typing import TYPE_CHECKING

from textual.content import Content

from tui_lab.errors import BadInput, Fixable, visible
from tui_lab.experiment.dataset import Csv, Dataset, Facts, serious_first
from tui_lab.experiment.entering import why_not

if TYPE_CHECKING:
    from tui_lab.data.profile import ColumnProfile, Profile

LISTED_WIDTH = 30
"""So many characters of classes are listed, and one class more."""
MEASURES = {
    "Spearman": "rank correlation",
    "eta": "correlation ratio of the ranks",
    "Cramér's V": "association of words and classes",
}


def known(dataset: Dataset, profile: "Profile", target: str, is_fresh: bool) -> list[Content]:
    """The file, the target, the task and its reason, the splits, and the baseline."""
    facts = profile.facts
    columns = f"{len(profile.columns)} columns" if not facts or not facts.picture else "pictures"
    title = (visible(dataset.title, 60), "bold")
    lines = [Content.assemble(title, f" · {profile.rows:,} rows · {columns}")]
    aim = f"target {visible(target, 30)}"
    if not is_fresh:
        return [*lines, *map(Content, (f"{aim} · …", _task(dataset, ""), f"…{_gaps(dataset)}"))]
    if facts is None:
        entering = f"{_task(dataset, '')}{_gaps(dataset)}".removeprefix(" · ")
        wrong = [refused(profile.problem)] if profile.problem else []
        return [*lines, Content(aim), *([Content(entering)] if entering else []), *wrong]
    told = [f"{aim} · {_classes(profile, facts)}", _task(dataset, facts.why)]
    told += [_splits(dataset, profile) + _gaps(dataset), baseline(facts)]
    return [*lines, *(Content(line) for line in told if line)]


def refused(problem: BadInput) -> Content:
    """Why a dataset can't be used, and the key that mends it if there is one."""
    fix = f"  f: {problem.says}" if isinstance(problem, Fixable) else ""
    return Content.assemble((visible(str(problem)), "$text-error"), (fix, "bold"))


def _task(dataset: Dataset, why: str) -> str:
    if not isinstance(dataset, Csv):
        return ""
    return f"task auto: {visible(why, 200)}" if dataset.task == "auto" else f"task {dataset.task}"


def _gaps(dataset: Dataset) -> str:
    return f" · gaps: {dataset.missing.replace('_', ' ')}" if isinstance(dataset, Csv) else ""


def _splits(dataset: Dataset, profile: "Profile") -> str:
    is_stratified = dataset.stratify and any(split.classes for split in profile.splits)
    counts = [f"{split.name} {split.rows:,}" for split in profile.splits]
    return " · ".join([*counts, *(["stratified"] if is_stratified else [])])


def _classes(profile: "Profile", facts: Facts) -> str:
    """How many rows each class has; of many, the first ones."""
    if not facts.classes:
        return "a number"
    counts = [sum(rows) for rows in zip(*(s.classes for s in profile.splits), strict=True)]
    told = [f"{visible(name, 20)} ×{n:,}" for name, n in zip(facts.classes, counts, strict=True)]
    shown = told[:1]
    while len(shown) < len(told) and len(", ".join(shown)) < LISTED_WIDTH:
        shown.append(told[len(shown)])
    more = f" and {len(told) - len(shown)} more" if len(told) > len(shown) else ""
    return f"{len(told)} classes: {', '.join(shown)}{more}"


def baseline(facts: Facts) -> str:
    """What needs no network."""
    if facts.baseline is None:
        return ""
    if facts.classes:
        return f"baseline: always the largest class is right in {facts.baseline:.1%} of all rows"
    return f"baseline: always the mean is {facts.baseline:.4g} off (RMSE, all rows)"


def notes(profile: "Profile", guess: str) -> list[str]:
    """A line for each thing to know before training, the serious ones first."""
    told = [f"target: {guess}; t on another column changes it"] if guess else []
    if profile.looked_at < profile.rows:
        told.append(f"columns shown by {profile.looked_at:,} rows drawn from {profile.rows:,}")
    facts = profile.facts
    return [visible(note) for note in serious_first((*told, *(facts.notes if facts else ())))]


def column(column: "ColumnProfile", dataset: Dataset, target: str, profile: "Profile") -> Content:
    """Two lines on one column."""
    first = f"{visible(column.name, 200)}: {column.kind}, {column.different:,} different"
    if column.least is not None:
        first += f", from {column.least:.6g} to {column.most:.6g}"
    if column.missing:
        first += f", {column.missing / profile.rows:.1%} missing"
    often = [f"{visible(word, 40)} ×{count:,}" for word, count in column.frequent]
    second = _tells(column) or f"most frequent: {', '.join(often)}"
    if why := why_not(dataset, column.name, column.kind):
        second = f"does not enter: {why}; space takes it in"
    elif column.name == target:
        second = f"the target · most frequent: {', '.join(often)}"
    return Content(f"{first}\n{second}")


def _tells(column: "ColumnProfile") -> str:
    if column.relation is None:
        return ""
    measure = column.relation.measure
    alone = "⚠ alone " if column.is_telling else ""
    how = f"{measure}: {MEASURES[measure]}, training rows"
    return f"{alone}tells of the target: {column.relation.value:.3f} ({how})"


def cell(value: object) -> str:
    """A value of a table as text; nothing where it is missing."""
    if value is None or value != value:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
