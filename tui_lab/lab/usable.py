"""What keys are bound to; which actions of the main screen can't do anything now, and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.actions import parse
from textual.dom import DOMNode
from textual.screen import Screen

from tui_lab.lab.panels.layers import Layers
from tui_lab.lab.panels.run_view import RunView

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main

NO_RUN = "no run is shown: t trains, r finds one that was trained"
NOT_TRAINING = "nothing is training: t trains"


def why_silent(main: "Main", key: str) -> str:
    """Why a key that is bound can do nothing now; empty if it isn't bound."""
    for node, action, parameters in bound(main, key):
        if node is main:
            return why_not(main, action, parameters)
        if isinstance(node, Layers):  # which wait for what enters them
            return main.wrong[0]
    return ""


def bound(screen: Screen[Any], key: str) -> Iterator[tuple[DOMNode, str, tuple[object, ...]]]:
    """What a key is bound to, usable or not: where, the action and its parameters."""
    for node, bindings in screen._binding_chain:
        for binding in bindings.key_to_bindings.get(key, ()):
            yield node, *parse(binding.action)[1:]


def why_not(main: "Main", action: str, parameters: tuple[object, ...]) -> str:
    """Why an action can do nothing now; empty if it can."""
    has_fix = bool(main.found and main.found[0].fix)
    return _reason(str(parameters[1]) if action == "do" else action, main.view, has_fix)


def _reason(action: str, view: RunView, has_fix: bool) -> str:
    training, paused = view.is_training, view.state == "paused"
    reasons = {
        "start": "a training is running: s stops it" if training else "",
        "pause": "" if training else NOT_TRAINING,
        "go_on": _needs_an_end(view, "R goes on with a run that has ended"),
        "step": "" if paused else "only a paused training goes batch by batch: space pauses",
        "apply": "" if training else NOT_TRAINING,
        "stop": "" if training else NOT_TRAINING,
        "fork": "" if view.run else NO_RUN,
        "ask_and_export": _needs_weights(view),
        "try_row": _needs_weights(view),
        "fix": "" if has_fix else "there is nothing to mend",
    }
    return reasons.get(action, "")


def _needs_an_end(view: RunView, sentence: str) -> str:
    if view.run is None:
        return NO_RUN
    return f"{sentence}: s stops this one" if view.is_training else ""


def _needs_weights(view: RunView) -> str:
    if ended := _needs_an_end(view, "that needs the weights of a run that has ended"):
        return ended
    return "" if view.has_weights else "this run has no weights: it ended before there were any"
