"""The leaderboard of a sweep."""

from tui_lab.lab.widgets.line_list import LineList
from tui_lab.lab.widgets.rows import cut
from tui_lab.runs.report import number
from tui_lab.runs.sweep_report import names, seconds_told, short
from tui_lab.runs.sweep_view import View
from tui_lab.runs.trials import Attempt, Trial

ICONS = {"running": "▶", "finished": "✓", "stopped": "■", "dropped": "↓"}
RANK, TRIAL, VALUE, EPOCHS, SECONDS, STATE = 4, 6, 9, 7, 8, 10
LEAST, MOST = 8, 22
"""The columns that a setting takes."""


class TrialList(LineList[Trial | Attempt]):
    """Trials to move through, the best first; those that go on stand below."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[str] = []
        self._metric = ""
        self._ranks: dict[int, int] = {}

    def show(self, view: View) -> None:
        """Shows other trials, the same one highlighted and in view, or still the best."""
        self._keys, self._metric = list(view.sweep.settings), view.sweep.metric
        self._ranks = view.results.ranks
        before = self.place
        self.show_rows([*view.trials, *(one for one in view.live if one.trial not in self._ranks)])
        if self.place != before:
            self.go(self.place if before else 0)

    def name_of(self, row: Trial | Attempt) -> str:
        """The trial's number."""
        return str(number_of(row))

    def heading(self) -> str:
        """The columns' titles."""
        width = self._setting_width()
        cells = "".join(f"{cut(name, width - 1):>{width}}" for name in names(self._keys))
        return (
            f"{'':{RANK}}{'trial':>{TRIAL}}{cells}{self._metric:>{VALUE}}"
            f"{'epochs':>{EPOCHS}}{'seconds':>{SECONDS}}  state"
        )

    def line(self, row: Trial | Attempt) -> str:
        """A trial with what was drawn and what came of it."""
        width = self._setting_width()
        drawn = (short(row.settings.get(key)) for key in self._keys)
        cells = "".join(f"{cut(text, width - 1):>{width}}" for text in drawn)
        rank = self._ranks.get(number_of(row), "")
        state, seconds = row.state, "–" if row.state == "running" else seconds_told(row.seconds)
        value = row.curve[-1][1] if isinstance(row, Attempt) and row.curve else row.value
        return (
            f"{rank:>{RANK}}{number_of(row):>{TRIAL}}{cells}{number(value):>{VALUE}}"
            f"{row.epochs:>{EPOCHS}}{seconds:>{SECONDS}}  {ICONS.get(state, '✗')} {state}"
        )

    def _setting_width(self) -> int:
        others = RANK + TRIAL + VALUE + EPOCHS + SECONDS + 2 + STATE
        room = (self.size.width - others - 2) // max(len(self._keys), 1)
        return min(max(room, LEAST), MOST)


def number_of(row: Trial | Attempt) -> int:
    """The trial's number."""
    return row.number if isinstance(row, Trial) else row.trial
