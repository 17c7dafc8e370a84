"""A sweep as lines of text that people edit: `optimizer.lr: loguniform 1e-4 1e-2`."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from tui_lab.errors import BadInput, nearest
from tui_lab.experiment.edits import kind_named, shown
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.mistakes import first_of, sentence_for
from tui_lab.experiment.named import Part
from tui_lab.experiment.ranges import Choice, Grid, Range
from tui_lab.experiment.sweep import Sweep
from tui_lab.experiment.trials import DROPOUT, by_field, misfits
from tui_lab.experiment.yaml_file import parse

OPTIONS = ("method", "trials", "seeds", "metric", "seed", "halving")
Kind = TypeVar("Kind", bound=Part)
Line = tuple[str, str]
"""A key and what stands behind its colon."""


def lines_of(sweep: Sweep) -> list[str]:
    """A line for each setting, then one for each option that is usual to change."""
    settings = [f"{key}: {range_line(found)}" for key, found in sweep.settings.items()]
    halving = sweep.halving.first_epochs if sweep.halving else "none"
    is_whole = sweep.method == "grid" and sweep.trials is None
    trials = "all" if is_whole else sweep.count
    options = {"method": sweep.method, "trials": trials, "seeds": sweep.seeds,
               "metric": sweep.metric, "seed": sweep.seed, "halving": halving}  # fmt: skip
    return settings + [f"{key}: {value}" for key, value in options.items()]


def range_line(found: Range) -> str:
    """`loguniform 0.0001 0.01`."""
    words = ", ".join(map(shown, found.ends)) if isinstance(found, Choice | Grid) else " ".join(
        map(shown, found.ends))  # fmt: skip
    return f"{type(found).__name__.lower()} {words}"


def sweep_in(lines: Sequence[str], experiment: Experiment) -> tuple[Sweep | None, dict[int, str]]:
    """The sweep that lines tell, and what is wrong with which of them; None if something is."""
    wrong: dict[int, str] = {}
    settings: dict[str, Range] = {}
    options: dict[str, object] = {}
    places: dict[str, int] = {}
    for place, line in enumerate(lines):
        try:
            key, text = _split(line, experiment)
            if key in places:
                raise BadInput(f"{key} is there twice")
            places[key] = place
            if key in OPTIONS:
                options[key] = _option(key, text)
            else:
                settings[key] = _range(key, text)
        except BadInput as error:
            wrong[place] = str(error)
    return (None, wrong) if wrong else _checked(settings, options, places, experiment)


def _split(line: str, experiment: Experiment) -> Line:
    key, colon, text = (part.strip() for part in line.partition(":"))
    if not colon or not key or not text:
        raise BadInput("write a setting and its range: optimizer.lr: loguniform 1e-4 1e-2")
    return key if key in OPTIONS else _whole(key, experiment), text


def _whole(key: str, experiment: Experiment) -> str:
    """`lr` is `optimizer.lr`, `epochs` is `training.epochs`; `BadInput` for an unknown word."""
    whole = by_field(experiment)
    if key in whole and key != "seed":
        return whole[key]
    known = [*OPTIONS, *whole]
    if key.isalpha() and key not in (*Experiment.model_fields, *known, DROPOUT):
        raise BadInput(f'there is no setting or option "{key}"{nearest(key, known)}')
    return key


def _option(key: str, text: str) -> object:
    value, _ = parse(text)
    if (key, value) == ("trials", "all"):
        return None
    if key == "halving":
        return None if value in ("none", None) else {"first_epochs": value}
    _validated(Sweep, {"settings": {}, key: value})
    return value


def _range(key: str, text: str) -> Range:
    """The range behind a colon; `BadInput` if it is none."""
    word, _, rest = text.partition(" ")
    if not word.isalpha():
        raise BadInput(f"write a kind of range before the values: {key}: choice {text}")
    kind = kind_named(Range, word)
    values = _values(rest)
    if kind.first == "bounds" and len(values) != 2:
        raise BadInput(f"{word} wants two numbers, the least and the largest")
    found: Range = _validated(kind, {str(kind.first): values})
    return found


def _values(text: str) -> list[JsonValue]:
    """Numbers or words between spaces or commas; in brackets, as in a preset."""
    text = text.strip()
    if text.startswith("["):
        value, _ = parse(text)
        return value if isinstance(value, list) else [value]
    separator = "," if "," in text else None
    return [parse(word)[0] for word in text.split(separator)]


def _validated(kind: type[Kind], fields: dict[str, object]) -> Kind:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise BadInput(sentence_for(first_of(error, fields), kind)) from None


def _checked(
    settings: dict[str, Range], options: dict[str, object], places: dict[str, int],
    experiment: Experiment,
) -> tuple[Sweep | None, dict[int, str]]:  # fmt: skip
    try:
        sweep = Sweep.model_validate({"settings": settings, **options})
    except ValidationError as error:
        first = first_of(error, options)
        place = next((places[str(part)] for part in first["loc"] if part in places), 0)
        return None, {place: sentence_for(first, Sweep)}
    wrong = {
        places.get(str(path[-1]), 0): sentence.removeprefix("sweep: ")
        for sentence, path in misfits(experiment.replace(sweep=sweep))
    }
    return (None, wrong) if wrong else (sweep, {})
