"""The Experiment on the screen and the ones before it: undo and redo are steps through a list."""

from tui_lab.experiment.experiment import Experiment


class History:
    """Holds every Experiment that was on the screen since a preset was opened."""

    def __init__(self, experiment: Experiment, is_saved: bool = True) -> None:
        self._past, self._future = [experiment], list[Experiment]()
        self.saved = experiment if is_saved else None
        """As it is in a file, if it is in any."""

    @property
    def now(self) -> Experiment:
        """The newest."""
        return self._past[-1]

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.now != self.saved

    def change(self, experiment: Experiment) -> None:
        """Another Experiment; what was undone before can't be redone any more."""
        if experiment != self.now:
            self._past.append(experiment)
            self._future.clear()

    def complete(self, experiment: Experiment) -> None:
        """The newest with its gaps filled, which is not a change of the user's."""
        if not self.is_changed:
            self.saved = experiment
        self._past[-1] = experiment

    def undo(self) -> bool:
        """One step back; whether there was one."""
        if len(self._past) == 1:
            return False
        self._future.append(self._past.pop())
        return True

    def redo(self) -> bool:
        """One step forward again; whether there was one."""
        if not self._future:
            return False
        self._past.append(self._future.pop())
        return True
