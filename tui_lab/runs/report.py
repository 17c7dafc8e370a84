"""A run's results as plain text, 80 columns wide."""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from tui_lab.errors import visible
from tui_lab.runs.confusion import confusion_lines
from tui_lab.runs.run import ENDED, Run
from tui_lab.runs.status import Status
from tui_lab.runs.summary import beats_baseline, looked_at, metric_of
from tui_lab.runs.watch import progress

SPLITS = ("train", "validation", "test")
WITHOUT_NETWORK = {"accuracy": "majority baseline", "rmse": "mean baseline (RMSE)"}
BASELINES = {
    "accuracy": "The majority baseline is the accuracy of always answering the class that is most "
    "frequent in the training rows: a network has to beat it.",
    "rmse": "The mean baseline is the RMSE of always answering the mean of the training rows: "
    "a network has to come below it.",
}
COLUMNS, MOST_NAMES = 80, 4
LEAST = 5e-5
"""A number below it would be told as 0.0000."""


def report(run: Run) -> str:
    """How a run stands or ended, its tables, and how to read them."""
    status, summary = run.status(), run.summary()
    if status["state"] not in ENDED:
        return "\n".join([f"{run.id}: {progress(status)}", *_wrapped(_said(status))])
    lines = [f"{run.id}: {_ending(status, summary)}"]
    lines += _wrapped(_said(status))
    lines += _wrapped(told_weights(summary))
    lines += _log(run, status)
    lines += _wrapped(history(status))
    if summary.get("test"):
        told = [*no_better(summary), *_explained(summary)]
        lines += ["", aligned(table(summary)), "", *_wrapped(told)]
        if confused := confusion_lines(summary):
            lines += ["", *_wrapped(confused)]
    return "\n".join(lines)


def history(status: Status) -> list[str]:
    """Where a run comes from, what was changed on the way, and what is not as it was."""
    parent, changes = status.get("parent"), status.get("changes", ())
    lines = [f"A fork of {parent['run']} at step {parent['step']}."] if parent else []
    lines += [f"Changed while training: {', '.join(changes)}."] if changes else []
    return [*lines, *(f"Note: {note}." for note in status.get("notes", ()))]


def _said(status: Status) -> list[str]:
    refused = status.get("refused")
    what = "Not gone on with" if status.get("bad_input") else "Not changed"
    return [*filter(None, [status.get("why")]), *([f"{what}: {refused}"] if refused else [])]


def _wrapped(sentences: list[str]) -> list[str]:
    return [line for text in sentences for line in textwrap.wrap(visible(text), COLUMNS)]


def _ending(status: Status, summary: dict[str, Any]) -> str:
    epochs, asked = status.get("epoch", 0), status.get("epochs", 0)
    of = f" of {asked}" if asked > epochs else ""
    text = f"{status['state']} after {epochs}{of} epoch{'s' if of or epochs != 1 else ''}"
    if not summary:
        return text
    total, trainable = summary["parameters"]["total"], summary["parameters"]["trainable"]
    return f"{text} in {summary['seconds']:.1f} s, {total:,} parameters ({trainable:,} trainable)"


def told_weights(summary: dict[str, Any]) -> list[str]:
    """`weights from digits-1: layers 1-4 loaded (4,160 + 2,080 parameters); not loaded: …`."""
    loaded = summary.get("loaded")
    if not loaded:
        return []
    places, counts = list(map(int, loaded["layers"])), loaded["layers"].values()
    numbers = " + ".join(f"{count:,}" for count in counts if count) or "no"
    told = f"weights from {loaded['from']}: {_places(places)} loaded ({numbers} parameters)"
    reasons = "; ".join(_left(loaded["left"]))
    return [told + (f"; not loaded: {reasons}" if reasons else "")]


def _left(items: list[dict[str, str]]) -> Iterator[str]:
    """The names of what was not loaded, the first of them if there are many, by the reason."""
    for why in dict.fromkeys(item["why"] for item in items):
        names = [f'"{item["name"]}"' for item in items if item["why"] == why]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield f"{', '.join(names[:MOST_NAMES])}{more}: {why}"


def _places(places: list[int]) -> str:
    """`layers 1-4`, or `layers 1, 3` where there are gaps."""
    if len(places) == 1:
        return f"layer {places[0]}"
    if places == list(range(places[0], places[-1] + 1)):
        return f"layers {places[0]}-{places[-1]}"
    return f"layers {', '.join(map(str, places))}"


def _log(run: Run, status: Status) -> list[str]:
    """Where more is known than the status says."""
    log = [visible(line) for line in run.log_end().splitlines()]
    goes_on = [f"tui-lab resume {run.id} goes on from its last checkpoint."]
    if status["state"] == "lost" and not log:
        return goes_on
    if status["state"] == "lost":
        return ["The end of its log:", *("  " + line for line in log), *goes_on]
    if status["state"] == "failed" and not status.get("bad_input"):
        return [visible(f"The details are in {run.file('trainer.log')}")]
    return []


def no_better(summary: dict[str, Any]) -> list[str]:
    """A warning, if the network has not learned more than needs no network."""
    if beats_baseline(summary) is not False:
        return []
    metric, test = metric_of(summary), summary["test"]
    name = {"rmse": "RMSE"}.get(metric, metric)
    numbers = f"{name} {number(test[metric])} against {number(test['baseline'])}"
    return [f"The network is no better than the baseline: {numbers} on the test rows."]


def _explained(summary: dict[str, Any]) -> list[str]:
    lines = [text for metric, text in BASELINES.items() if metric in summary["test"]]
    if summary.get("averaging"):
        lines.append(f"Averaging is {summary['averaging']}.")
    if summary.get("why_device"):
        lines.append(f"Trained on {summary['why_device']}.")
    if summary.get("why_engine"):
        lines.append(f"The engine was {summary['why_engine']}.")
    if summary["best_epoch"]:
        epoch = summary["best_epoch"]
        lines.append(f"The weights kept are those of epoch {epoch}, best on the validation rows.")
    return lines + looked_at(summary)


def table(summary: dict[str, Any]) -> list[list[str]]:
    """The three tables beside each other: a heading row, then a row a metric."""
    metrics = list(summary["test"])
    baseline = next((text for name, text in WITHOUT_NETWORK.items() if name in metrics), "baseline")
    rows = [
        [baseline if m == "baseline" else visible(m), *(_cell(summary.get(s), m) for s in SPLITS)]
        for m in metrics
    ]
    return [["", *SPLITS], *rows]


def _cell(metrics: dict[str, float | None] | None, name: str) -> str:
    return number((metrics or {}).get(name))


def number(value: float | None) -> str:
    """Four digits after the point, fewer for large and tiny numbers; `–` if there is none."""
    if value is None:
        return "–"
    if 0 < abs(value) < LEAST:
        return f"{value:.1e}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def aligned(rows: list[list[str]]) -> str:
    """Rows of text in columns: numbers to the right, words to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    right = [all(_is_number(row[i]) for row in rows[1:]) for i in range(len(widths))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    )


def _is_number(text: str) -> bool:
    return text == "–" or bool(re.fullmatch(r"-?[\d,]+(\.\d+)?(e-\d+)?", text))
