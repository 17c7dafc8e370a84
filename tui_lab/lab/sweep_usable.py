"""Why an action of the sweep screen can do nothing now."""

from tui_lab.runs.sweep_view import View
from tui_lab.runs.trials import Attempt, Trial

ALWAYS = ("help", "dismiss", "open", "new", "delete", "undo")
"""What needs nothing of the sweep that is shown."""


def why_not(view: View | None, row: Trial | Attempt | None, action: str) -> str:
    """Empty if it can; `row` is the highlighted trial."""
    if action in ALWAYS:
        return ""
    if view is None:
        return "there is nothing of this sweep yet"
    return reasons(view, row).get(action, "")


def reasons(view: View, row: Trial | Attempt | None) -> dict[str, str]:
    """For each action that needs something of the sweep why it can do nothing; empty if it can."""
    return {
        "go_on": _why_not_on(view),
        "stop": "the sweep has ended: R goes on with it, m draws more" if view.is_over else "",
        "stop_one": "" if isinstance(row, Attempt) else "only a trial that is training can stop",
        "promote": "" if isinstance(row, Trial) else "this trial has not ended yet",
        "more": _why_no_more(view),
        "repeat": "" if view.best_two else "no trial has finished yet",
    }


def _why_not_on(view: View) -> str:
    if not view.is_over:
        return "the sweep is running: s stops it"
    return "" if view.has_work else "all trials are done: m draws more"


def _why_no_more(view: View) -> str:
    has_all = view.sweep.method == "grid" and view.wanted >= view.sweep.points
    return "all points of the grid are among the trials already" if has_all else ""
