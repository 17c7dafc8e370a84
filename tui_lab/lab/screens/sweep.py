"""A sweep: the leaderboard, all curves, the map of two settings, and what each setting did."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui_lab.errors import BadInput, visible
from tui_lab.lab.help import HELP
from tui_lab.lab.screens.ask import AskText, Help
from tui_lab.lab.sweep_usable import reasons, why_not
from tui_lab.lab.usable import bound
from tui_lab.lab.widgets.chart import Chart, Series
from tui_lab.lab.widgets.heat_map import HeatMap
from tui_lab.lab.widgets.trial_list import TrialList, number_of
from tui_lab.runs.run import Run
from tui_lab.runs.sweep_report import names
from tui_lab.runs.sweep_run import SweepRun, all_sweeps, promoted
from tui_lab.runs.sweep_view import Reader, View, thick_curves
from tui_lab.runs.trash import delete, restore
from tui_lab.runs.trials import Attempt, Trial

if TYPE_CHECKING:
    from tui_lab.lab.sweeps import Sweeps

LOOK_SECONDS = 0.5
REST = 4
"""For so many times as long as a look took there is none, so that keys come in between."""
AFTER_KEY_SECONDS = 0.3
"""So long after a key there is none, so that nobody who goes from trial to trial is held up …"""
OLD_SECONDS = 2.0
"""… unless what is shown is as old as that."""
MANY_SETTINGS = 3
"""From so many on there is more than one map."""
MANY_DIGITS = 10
"""No number of trials has as many; Python itself refuses to read 5,000."""


class SweepScreen(Screen[Run | None]):
    """Shows one sweep and steers it; gives the run of a trial that was promoted."""

    BINDINGS: ClassVar = [
        Binding("N", "new", "New", tooltip="Start another sweep", id="sweep.new"),
        Binding("o", "open", "Open", tooltip="Open another sweep", id="sweep.open"),
        Binding("R", "go_on", "Go on", tooltip="Go on with the sweep", id="sweep.go_on"),
        Binding("s", "stop", "Stop", tooltip="Stop all trials", id="sweep.stop"),
        Binding("d", "stop_one", "Stop one", tooltip="Stop this trial", id="sweep.stop_one"),
        Binding("m", "more", "More", tooltip="Draw more trials", id="sweep.more"),
        Binding("p", "promote", "Promote", tooltip="Train this trial as a run", id="sweep.promote"),
        Binding("e", "repeat", "Repeat", tooltip="Repeat the best two", id="sweep.repeat"),
        Binding("D", "delete", "Delete", show=False, id="sweep.delete"),
        Binding("u", "undo", "Bring the deleted sweep back", show=False, id="sweep.undo"),
        Binding("x", "turn", "Take other settings for the map", show=False, id="sweep.turn"),
        Binding("g", "switch('log_scale')", "Logarithmic scale", show=False, id="sweep.log"),
        Binding("P", "switch('plain')", "Plain points", show=False, id="sweep.plain"),
        Binding("question_mark", "help", "Help", id="sweep.help"),
        Binding("escape,q", "dismiss(None)", "Back", id="sweep.back"),
    ]
    AUTO_FOCUS = "TrialList"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012

    def __init__(self, run: SweepRun, sweeps: "Sweeps") -> None:
        super().__init__()
        self.run, self.sweeps = run, sweeps
        self.reader: Reader | None = None
        self.view: View | None = None
        self._is_reading = False
        self._begun = self._next = 0.0
        """When the last look began, and before when there is no other one."""
        self._reasons: dict[str, str] = {}
        """By which the keys are shown."""

    def compose(self) -> ComposeResult:
        """Curves and map above, the leaderboard below, then what each setting did."""
        yield Static(Content("reading …"), id="heading")
        with Horizontal(id="pictures"):
            yield Chart("epoch", id="trials")
            yield HeatMap(id="map")
        yield TrialList()
        yield Static(id="effects")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """It is looked at twice a second."""
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    # What there is, read beside the screen

    def _look(self) -> None:
        self.sweeps.settle()
        if not self._is_reading and time.monotonic() >= self._next:
            self._is_reading, self._begun = True, time.monotonic()
            self._read()

    @work(thread=True, group="sweep")
    def _read(self) -> None:
        run, reader = self.run, self.reader  # the screen may go to another sweep meanwhile
        view: View | str
        try:
            if reader is None or reader.run is not run:
                self.reader = reader = Reader(run)
            view = reader.view()
        except BadInput as error:
            view = str(error)
        self.app.call_from_thread(self._take, run, view)

    def _take(self, run: SweepRun, view: View | str) -> None:
        self._is_reading = False
        if not self.is_attached or run is not self.run or view is self.view:
            return
        self._draw(view)
        now = time.monotonic()
        self._next = max(self._next, now + REST * (now - self._begun))

    def _draw(self, view: View | str) -> None:
        if isinstance(view, str):
            self._update("#heading", Content.styled(visible(view), "$text-error"))
            return
        self.view = view
        self.query_one(TrialList).show(view)
        self._update("#heading", Content(visible(f"{view.id}  {view.told()}")))
        self.query_one(HeatMap).show(view)
        self._update("#effects", _effects(view))

    def _update(self, place: str, content: Content) -> None:
        """Changes a text only if it says something else: an idle screen sends nothing."""
        line = self.query_one(place, Static)
        if line.content != content:
            line.update(content)

    def on_line_list_moved(self) -> None:
        """The curve of the highlighted trial is bold, and keys are shown that can do something."""
        row, view = self.query_one(TrialList).row, self.view
        if view is None:
            return
        found = reasons(view, row)
        if found != self._reasons:  # showing the keys takes as long as drawing all curves
            self._reasons = found
            self.refresh_bindings()
        is_cut = math.isfinite(view.top)
        every = f"trials below {view.top:.2g}" if is_cut else "every trial"
        series = [Series(every, *view.thin, thin=True)]
        label = f"validation {view.sweep.metric}"
        if row is not None:
            series += [Series("validation", *curve) for curve in thick_curves(row)]
            label = f"trial {number_of(row)} {view.sweep.metric}"
        self.query_one("#trials", Chart).show(series, label)

    # What can be done with it

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that can do nothing now are not shown."""
        return not self._why_not(action)

    def on_key(self, event: events.Key) -> None:
        """Keys come before the next look; one that can do nothing now says why."""
        quiet = min(time.monotonic() + AFTER_KEY_SECONDS, self._begun + OLD_SECONDS)
        self._next = max(self._next, quiet)
        if event.key not in self.active_bindings:
            for node, action, _ in bound(self, event.key):
                if node is self:
                    self.say(self._why_not(action))

    def _why_not(self, action: str) -> str:
        row = self.query_one(TrialList).row if self.is_mounted else None
        return why_not(self.view, row, action)

    def action_go_on(self) -> None:
        """Goes on with what is not there yet."""
        self._try(lambda: self.sweeps.go_on(self.run))

    def action_stop(self) -> None:
        """Stops all trials; those that have ended stay."""
        self._try(lambda: self.run.ask(do="stop"))

    def action_stop_one(self) -> None:
        """Stops the highlighted trial."""
        row = self.query_one(TrialList).row
        if isinstance(row, Attempt):
            self._try(lambda: self.run.ask(do="stop", trial=row.trial))

    def action_more(self) -> None:
        """Asks for how many draws in all."""
        if self.view is None:
            return
        wanted, most = self.view.wanted, self.run.most

        def check(text: str) -> None:
            number = int(text) if text.isdecimal() and len(text) < MANY_DIGITS else 0
            if not wanted < number <= most:
                raise BadInput(f"type a number from {wanted + 1:,} to {most:,}")

        def answered(text: str | None) -> None:
            if text:
                self._try(lambda: self._draw_more(int(text)))

        question = "How many trials in all?"
        self.app.push_screen(AskText(question, str(min(2 * wanted, most)), check), answered)

    def _draw_more(self, trials: int) -> None:
        self.run.ask(do="trials", trials=trials)
        self.sweeps.go_on(self.run)

    def action_repeat(self) -> None:
        """Trains the best two over new seeds."""
        if self.view is None:
            return
        numbers = self.view.best_two
        self._try(lambda: self._repeat(numbers))

    def _repeat(self, numbers: list[int]) -> None:
        for number in numbers:
            self.run.ask(do="repeat", trial=number)
        self.sweeps.go_on(self.run, only="repeats")

    def action_promote(self) -> None:
        """Leaves with a run of the highlighted trial, which then trains."""
        row = self.query_one(TrialList).row
        assert isinstance(row, Trial)
        try:
            run = promoted(self.run, row.number)
        except BadInput as error:
            self.say(str(error))
        else:
            self.dismiss(run)

    def action_new(self) -> None:
        """Another sweep of the Experiment on the main screen."""
        self.sweeps.ask(self.show)

    def action_open(self) -> None:
        """Another sweep that was there before."""
        self.sweeps.choose(self.run, self.show)

    def action_delete(self) -> None:
        """Moves the sweep into the trash, and shows the newest of the others, if there is one."""
        self._try(self._delete)

    def _delete(self) -> None:
        delete([self.run])
        gone = visible(self.run.id)
        self.sweeps.deleted.append(self.run.id)
        if others := all_sweeps():
            self.notify(f"{gone} is in the trash; u brings it back", markup=False)
            self.show(others[0])
        else:
            told = f"{gone} is in the trash; tui-lab restore --sweep {gone} brings it back"
            self.notify(told, markup=False)
            self.dismiss(None)

    def action_undo(self) -> None:
        """Brings back the sweep that was deleted last."""
        if self.sweeps.deleted:
            self._try(self._restore)
        else:
            self.say("no sweep was deleted here; tui-lab trash lists what is in the trash")

    def _restore(self) -> None:
        (run,) = restore([self.sweeps.deleted.pop()], "sweeps")
        self.app.clear_notifications()
        self.notify(f"{visible(run.id)} is back", markup=False)
        self.show(SweepRun(run.folder))

    def show(self, run: SweepRun) -> None:
        """Shows another sweep."""
        self.sweeps.shown = run
        self.run, self.view, self._reasons, self._next = run, None, {}, 0.0
        self._look()

    def _try(self, do: Callable[[], Any]) -> None:
        """Asks for something, or says why not."""
        try:
            do()
        except BadInput as error:
            self.say(str(error))
        self._next = 0.0  # what was asked for is to be seen at once
        self._look()

    def action_turn(self) -> None:
        """The next two settings on the map."""
        if self.view and len(self.view.sweep.settings) < MANY_SETTINGS:
            self.say("the map has no other settings to show: that takes three or more")
        self.query_one(HeatMap).turn()

    def action_switch(self, name: str) -> None:
        """Switches one of log scale and plain points."""
        self.query_one("#trials", Chart).switch(name)

    def action_help(self) -> None:
        """What the keys do, and how to read it."""
        self.app.push_screen(Help(HELP["sweep"]))

    def say(self, sentence: str) -> None:
        """A message that goes away by itself."""
        self.notify(visible(sentence), severity="warning", timeout=8, markup=False)


def _effects(view: View) -> Content:
    """What each setting did, and what repetitions say."""
    found = view.results.effects
    keys = names([one.key for one in found])
    told = [
        f"{key}: {'' if one.correlation is None else f'{one.correlation:+.2f}, '}{one.told}"
        for key, one in zip(keys, found, strict=True)
    ]
    said = view.results.repeats
    said = [*said[-1:], *said[:-1]]  # the verdict first: the rest may be cut off
    lines = [" ".join(said)] * bool(said) + [" · ".join(told)] * bool(told)
    return Content.styled(visible("   ".join(lines)), "$foreground-muted")
