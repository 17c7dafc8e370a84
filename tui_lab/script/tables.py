"""The last part of a script: how good the best weights are on each split."""

from collections.abc import Iterator

from tui_lab.script.plan import Plan
from tui_lab.script.words import enclosed


def metrics_import(plan: Plan) -> str:
    """The part of torchmetrics that suits the task."""
    kind = "classification" if plan.facts.classes else "regression"
    return f"from torchmetrics.functional import {kind} as metric"


def measured(plan: Plan) -> Iterator[str]:
    """The function that gives a split's table."""
    yield "def measured(rows):"
    if plan.facts.classes:
        yield '    """A table; macro is the mean over the classes."""'
        yield from _classification(plan)
    else:
        yield '    """A table, in the units of the target."""'
        yield from _regression(plan)


def _classification(plan: Plan) -> Iterator[str]:
    given, classes = "outputs.argmax(dim=1)", ""
    if plan.one_number:
        border = "0.5" if plan.loss.wants == "probabilities" else "0"
        given, classes = f"(outputs.flatten() > {border}).long()", ".long()"
    yield "    outputs, count = predict(x[rows]), len(classes)"
    yield f"    given, wanted = {given}, y[rows]{classes}"
    yield f"    most_frequent = y[train]{classes}.bincount().argmax()"
    yield "    table = {"
    yield '        "loss": mean_loss(outputs, y[rows]),'
    yield from _counted("accuracy", "accuracy", "micro")
    yield from _counted("precision", "precision", "macro")
    yield from _counted("recall", "recall", "macro")
    yield from _counted("f1", "f1_score", "macro")
    yield '        "baseline": (wanted == most_frequent).double().mean(),'
    yield "    }"
    yield "    return {name: float(value) for name, value in table.items()}"


def _counted(name: str, function: str, average: str) -> Iterator[str]:
    arguments = ["given", "wanted", "count", f'average="{average}"']
    yield from enclosed(f'        "{name}": metric.multiclass_{function}(', arguments, "),")


def _regression(plan: Plan) -> Iterator[str]:
    scale = " * target_deviation + target_mean" if plan.experiment.dataset.scale else ""
    yield "    outputs = predict(x[rows])"
    yield f"    given = outputs.flatten().double(){scale}"
    yield f"    wanted = y[rows].double(){scale}"
    yield f"    train_mean = y[train].double().mean(){scale}"
    yield "    table = {"
    yield '        "loss": mean_loss(outputs, y[rows]),'
    yield '        "mae": metric.mean_absolute_error(given, wanted),'
    yield '        "rmse": metric.mean_squared_error(given, wanted, squared=False),'
    r2 = "metric.r2_score(given, wanted)"
    r2 += ' if len(rows) > 1 else float("nan")' if min(plan.source.sizes) == 1 else ""
    yield f'        "r2": {r2},'
    yield '        "baseline": (wanted - train_mean).square().mean().sqrt(),'
    yield "    }"
    yield "    return {name: float(value) for name, value in table.items()}"


def printing(plan: Plan) -> Iterator[str]:
    """The tables of all splits beside each other."""
    always = "the largest class" if plan.facts.classes else "the mean"
    yield f"# Only now the test rows are looked at. The baseline always answers {always}."
    yield 'splits = {"train": train, "validation": validation, "test": test}'
    yield "table = pd.DataFrame({name: measured(rows) for name, rows in splits.items()})"
    yield 'print(f"weights of epoch {best_epoch}, the best on validation:")'
    yield 'print(table.to_string(float_format="{:.9g}".format))'
