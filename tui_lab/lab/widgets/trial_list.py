"""The leaderboard of a sweep."""

from collections.abc import Sequence

from tui_lab.lab.widgets.line_list import LineList
from tui_lab.lab.widgets.rows import cut
from tui_lab.runs.report import number
from tui_lab.runs.sweep_report import names, seconds_told, short
from tui_lab.runs.sweep_view import View
from tui_lab.runs.trials import Attempt, Trial

ICONS = {"running": "▶", "finished": "✓", "stopped": "■", "dropped": "↓"}
RANK, TRIAL, VALUE, STATE = 4, 6, 9, 13
"""Columns; that of the state with one for the scroll bar."""
SPARED = {"seconds": 8, "epochs": 7, "±": 9}
"""Columns that give way, this one first, where settings have too little room."""
LEAST, MOST = 8, 22
"""The columns that a setting takes."""


class TrialList(LineList[Trial | Attempt]):
    """Trials to move through, the best first; those that go on stand below."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[str] = []
        self._metric = ""
        self._has_seeds = False
        self._ranks: dict[int, int] = {}

    def show(self, view: View) -> None:
        """Shows other trials, the same one highlighted and in view, or still the best."""
        self._keys, self._metric = list(view.sweep.settings), view.sweep.metric
        self._has_seeds, self._ranks = view.sweep.seeds > 1, view.results.ranks
        before = self.place
        self.show_rows([*view.trials, *(one for one in view.live if one.trial not in self._ranks)])
        if self.place != before:
            self.go(self.place if before else 0)

    def name_of(self, row: Trial | Attempt) -> str:
        """The trial's number, and a single training's seed."""
        if self._has_seeds and isinstance(row, Attempt):
            return f"{row.trial}.{row.seed + 1}"
        return str(number_of(row))

    def heading(self) -> str:
        """The columns' titles."""
        spared, width = self._widths()
        cells = "".join(f"{cut(name, width - 1):>{width}}" for name in names(self._keys))
        rest = "".join(f"{name:>{columns}}" for name, columns in spared.items())
        return f"{'':{RANK}}{'trial':>{TRIAL}}{cells}{self._metric:>{VALUE}}{rest}  state"

    def line(self, row: Trial | Attempt) -> str:
        """A trial with what was drawn and what came of it."""
        spared, width = self._widths()
        drawn = (short(row.settings.get(key), width - 1) for key in self._keys)
        cells = "".join(f"{cut(text, width - 1):>{width}}" for text in drawn)
        rank, state = self._ranks.get(number_of(row), ""), row.state
        value = row.curve[-1][1] if isinstance(row, Attempt) and row.curve else row.value
        told = {
            "±": number(row.deviation if isinstance(row, Trial) else None),
            "epochs": str(row.epochs),
            "seconds": "–" if state == "running" else seconds_told(row.seconds),
        }
        rest = "".join(f"{told[name]:>{columns}}" for name, columns in spared.items())
        return (
            f"{rank:>{RANK}}{self.name_of(row):>{TRIAL}}{cells}{number(value):>{VALUE}}{rest}"
            f"  {ICONS.get(state, '✗')} {state}"
        )

    def _widths(self) -> tuple[dict[str, int], int]:
        """The columns beside the metric that there is room for, and how wide a setting's is."""
        spared = [name for name in SPARED if name != "±" or self._has_seeds]
        while (width := self._setting_width(spared)) < LEAST and spared:
            spared = spared[1:]
        return {name: SPARED[name] for name in reversed(spared)}, min(max(width, LEAST), MOST)

    def _setting_width(self, spared: Sequence[str]) -> int:
        others = RANK + TRIAL + VALUE + STATE + sum(SPARED[name] for name in spared)
        return (self.size.width - others) // max(len(self._keys), 1)


def number_of(row: Trial | Attempt) -> int:
    """The trial's number."""
    return row.number if isinstance(row, Trial) else row.trial
