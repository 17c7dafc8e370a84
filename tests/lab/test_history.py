"""Undo and redo as a state machine: they always lead back to what was."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tui_lab.experiment.presets import load_preset
from tui_lab.lab.history import History

START = load_preset("digits")


class Editing(RuleBasedStateMachine):
    """Compares the history with a list and a place in it."""

    def __init__(self) -> None:
        super().__init__()
        self.history, self.known, self.at = History(START), [START], 0

    @rule(seed=st.integers(0, 3))
    def change(self, seed):
        changed = START.replace(training=START.training.replace(seed=seed))
        if changed != self.known[self.at]:
            self.known = [*self.known[: self.at + 1], changed]
            self.at += 1
        self.history.change(changed)

    @rule()
    def undo(self):
        assert self.history.undo() == (self.at > 0)
        self.at = max(self.at - 1, 0)

    @rule()
    def redo(self):
        last = len(self.known) - 1
        assert self.history.redo() == (self.at < last)
        self.at = min(self.at + 1, last)

    @invariant()
    def shows_what_is_known(self):
        assert self.history.now == self.known[self.at]
        assert self.history.is_changed == (self.known[self.at] != START)


TestEditing = Editing.TestCase
