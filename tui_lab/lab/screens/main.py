"""The main screen: it owns one immutable Experiment; panels show it and ask for changes."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.worker import get_current_worker

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.advice import Advice, advice, completed, mending, network_of
from tui_lab.experiment.changes import rooted
from tui_lab.experiment.dataset import Dataset, Facts
from tui_lab.experiment.edits import dataset_entries, hyperparameter_entries
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.network import Network, network, summary
from tui_lab.lab.help import HELP
from tui_lab.lab.history import History
from tui_lab.lab.main_keys import KEYS
from tui_lab.lab.panels.layers import Layers
from tui_lab.lab.panels.run_view import RunView
from tui_lab.lab.panels.settings import Settings
from tui_lab.lab.usable import why_not, why_silent
from tui_lab.lab.widgets.rows import cut

if TYPE_CHECKING:
    from tui_lab.lab.app import LabApp
    from tui_lab.lab.panels.code import CodePanel
    from tui_lab.lab.sweeps import Sweeps

WIDE, NAME_WIDTH = 100, 20


class Main(Screen[None]):
    """Dataset, network and hyperparameters on the left; curves and results on the right."""

    BINDINGS: ClassVar = [*KEYS]
    AUTO_FOCUS = "#network Rows"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide"), (170, "-widest")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012

    def __init__(self, experiment: Experiment, path: Path) -> None:
        super().__init__(classes="-narrow -low")  # as most terminals are: styled only once
        self.path = path
        self.history = History(experiment)
        self.preview: Experiment | None = None
        self.facts: Facts | None = None
        self.data_error = ""
        self.data_advice: list[Advice] = []
        """What is to be said of data that can't be used."""
        self.found: list[Advice] = []
        self._state_told = ""
        self.code: CodePanel | None = None
        """The code, while it is shown."""
        self.sweeps: Sweeps | None = None
        """The sweeps, once they were looked at."""
        self.when_read: Callable[[], None] | None = None
        """What was asked for and needs the data, while that is read."""

    @property
    def experiment(self) -> Experiment:
        """The Experiment as it is now, with what is just being typed."""
        return self.preview or self.history.now

    @property
    def called(self) -> str:
        """What it is called: like its file, or like the dataset that was chosen since."""
        saved, title = self.history.saved, self.history.now.dataset.title
        return self.path.stem if saved and saved.dataset.title == title else Path(title).stem

    @property
    def lab(self) -> "LabApp":
        """The app."""
        return cast("LabApp", self.app)

    @property
    def view(self) -> RunView:
        """The right side."""
        return self.query_one(RunView)

    def compose(self) -> ComposeResult:
        """All panels."""
        with Horizontal(id="title"):
            yield Static(id="name")
            yield Static(id="progress")
        with Horizontal():
            with Vertical(id="left"):
                yield Settings("Data", self.change_setting, id="data")
                yield Layers(self.change_layers, id="network")
                yield Settings("Hyperparameters", self.change_setting, id="settings")
            yield RunView()
        yield Static(id="advice")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Shows the Experiment."""
        self.view.introduce(self.experiment)
        self._read_facts(self.experiment.dataset)

    # The Experiment and what follows from it

    def become(self, experiment: Experiment) -> None:
        """Takes a new Experiment; undo brings the old one back."""
        old, self.preview = self.history.now, None
        if self.facts and _data_of(experiment.dataset) == _data_of(old.dataset):
            experiment = completed(experiment, self.facts)
        self.history.change(experiment)
        self._follow(old)

    def begin(self, experiment: Experiment, path: Path, is_saved: bool = True) -> None:
        """Starts anew, from a preset if it is saved; undo doesn't go back beyond it."""
        self.path, self.history, self.preview = path, History(experiment, is_saved), None
        self._forget_wrong()
        self.view.introduce(experiment)
        self._read_facts(experiment.dataset)

    def refuse_data(self, error: BadInput) -> None:
        """The data can't be used, as was found when it was to be trained on."""
        self._know(self.history.now.dataset, None, error)

    def saved_as(self, path: Path) -> None:
        """The Experiment is now in this file."""
        self.path, self.history.saved = path, self.history.now
        self._show_name()

    def _follow(self, old: Experiment) -> None:
        self.view.describe(self.history.now)
        if _data_of(self.experiment.dataset) != _data_of(old.dataset):
            self._read_facts(self.experiment.dataset)
        else:
            self._show()

    def _read_facts(self, dataset: Dataset) -> None:
        """What is known of the data; a file is read beside the screen."""
        self.facts, self.data_error, self.data_advice = None, "", []
        self.when_read = None
        self.workers.cancel_group(self, "facts")
        if dataset.is_read_for_facts:
            self._show()
            self._read_file(dataset)
        else:
            self._know(dataset, dataset.facts(), None)

    @work(thread=True, exclusive=True, group="facts")
    def _read_file(self, dataset: Dataset) -> None:
        from tui_lab.data.progress import Cancelled, reporting

        worker, facts, error = get_current_worker(), None, None

        def listen(done: float) -> None:
            if worker.is_cancelled:
                raise Cancelled
            self.app.call_from_thread(self._tell_reading, done)

        try:
            with reporting(listen):
                facts = dataset.facts()
        except BadInput as problem:
            error = problem
        except Cancelled:
            return
        self.app.call_from_thread(self._know, dataset, facts, error)

    def _tell_reading(self, done: float) -> None:
        for known in self.query("#data .facts").results(Static):  # none, if the lab is being left
            if self.facts is None:
                known.update(Content(f"reading the file … {done:.0%}"))

    def _know(self, dataset: Dataset, facts: Facts | None, error: BadInput | None) -> None:
        """Takes the facts, unless another dataset was chosen while they were read."""
        if _data_of(dataset) != _data_of(self.history.now.dataset):
            return
        self.facts, self.data_error = facts, str(error or "")
        self.data_advice = [mending(error, self.history.now)] if error else []
        if facts:
            self.history.complete(completed(self.history.now, facts))
        self._show()
        then, self.when_read = self.when_read, None
        if then:
            then()

    def _show(self) -> None:
        """Everything on the screen follows from the Experiment."""
        experiment, facts = self.experiment, self.facts
        data = self.query_one("#data", Settings)
        data.show(dataset_entries(experiment), self._data_lines())
        data.border_title = self._data_title()
        self.query_one("#settings", Settings).show(hyperparameter_entries(experiment))
        whole = completed(experiment, facts) if facts else experiment
        arithmetic = partial(_arithmetic, facts) if facts else None
        numbers = experiment.optimizer.state_per_parameter()
        self.query_one(Layers).show(whole.layers or (), arithmetic, numbers, whole.weights)
        if self.code:
            self.code.show(experiment, facts, self.data_error)
        self.found = advice(whole, facts) if facts else self.data_advice
        self._show_advice()
        self._show_name()
        self.refresh_bindings()

    def _data_title(self) -> str:
        """With what needs no network, and how much there is to know of the data."""
        facts = self.facts
        notes = len(facts.notes) if facts else 0
        baseline = f" · baseline {facts.baseline:.3g}" if facts and facts.baseline else ""
        return f"Data{baseline}" + (f" · {notes} note{'s' if notes != 1 else ''}" * bool(notes))

    def _data_lines(self) -> tuple[str, ...]:
        facts = self.facts
        if facts is None:
            return (self.data_error or "reading the file …",)
        count = len(facts.columns)
        kind = f"{len(facts.classes)} classes" if facts.classes else "a number"
        return (
            f"{facts.name}: {facts.rows:,} rows, {count} feature{'s' if count != 1 else ''}",
            f"target {facts.target}: {kind} · e shows",
        )

    @property
    def is_reading(self) -> bool:
        """Whether it isn't known yet what the data are."""
        return self.facts is None and not self.data_error

    @property
    def wrong(self) -> list[str]:
        """What forbids training, a sentence each."""
        typed = [wrong for panel in self.query(Settings) for _, wrong in panel.wrong.values()]
        data = ["the file is still being read"] * self.is_reading
        return [*typed, *data, *(item.sentence for item in self.found if item.error)]

    def _show_advice(self) -> None:
        line = self.query_one("#advice", Static)
        typed = [wrong for panel in self.query(Settings) for _, wrong in panel.wrong.values()]
        if typed:
            line.update(Content.styled(typed[0], "$text-error"))
        elif self.found:
            line.update(_told(self.found))
        elif self.facts:
            net = network_of(completed(self.experiment, self.facts), self.facts)
            ready = "A applies changes" if self.view.is_training else "ready: t trains"
            line.update(Content.styled(f"{summary(net)} · {ready}", "$foreground-muted"))

    def _show_name(self) -> None:
        changed = "*" if self.history.is_changed else ""
        short = cut(visible(self.called), NAME_WIDTH)
        brand = ("tui-lab  ", "bold") if self.size.width >= WIDE else ""
        told = Content.assemble(brand, f"{short}{changed}  ")
        self.query_one("#name", Static).update(told)

    def change_setting(self, experiment: Experiment | None, final: bool) -> None:
        """A setting was changed, or is being typed."""
        if experiment and final:
            self.become(rooted(experiment, Path.cwd()))
        else:
            self.preview = experiment
            self._show()

    def change_layers(self, layers: tuple[Layer, ...]) -> None:
        """The stack was changed."""
        self.become(self.history.now.replace(layers=layers))

    def action_undo(self) -> None:
        """Takes back the last change."""
        self._step(self.history.undo)

    def action_redo(self) -> None:
        """Makes the change again that was taken back."""
        self._step(self.history.redo)

    def _step(self, step: Callable[[], bool]) -> None:
        old = self.history.now
        if step():
            self._forget_wrong()
            self._follow(old)

    def _forget_wrong(self) -> None:
        for panel in self.query(Settings):
            panel.wrong.clear()

    def action_fix(self) -> None:
        """Mends what the advice line says."""
        if self.found and self.found[0].fix:
            self.become(self.found[0].fix)

    # Training

    def on_run_view_progressed(self) -> None:
        """Tells how far the run is; what can be asked of it depends on its state."""
        self._show_progress()
        if self.view.state != self._state_told:
            self._state_told = self.view.state
            self.refresh_bindings()
            self._show_advice()
            if refused := self.view.status.get("refused"):
                self.say(f"not changed: {refused}")

    def _show_progress(self) -> None:
        told = self.view.told(wide=self.size.width >= WIDE)
        self.query_one("#progress", Static).update(Content(visible(told)))

    def on_run_view_ended(self) -> None:
        """Says how a run ended that has no tables."""
        self.refresh_bindings()
        state, status = self.view.state, self.view.status
        if state in ("lost", "failed", "diverged"):
            self.say(f"{state}: {status.get('why', '')}")

    def ask_trainer(self, **request: object) -> bool:
        """Asks the trainer of the shown run for something; whether it could be asked."""
        if self.view.run:
            try:
                self.view.helm.take()
                self.view.run.ask(**request)
            except BadInput as error:
                self.say(str(error))
                return False
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that can do nothing now are not shown."""
        return not self.is_mounted or not why_not(self, action, parameters)

    def on_key(self, event: events.Key) -> None:
        """A key that can do nothing now says why."""
        if event.key not in self.active_bindings and (sentence := why_silent(self, event.key)):
            self.say(sentence)

    async def action_do(self, module: str, function: str, *arguments: str) -> None:
        """Does what has a file in `lab/actions`, imported only then: the first frame is sooner."""
        found = import_module(f"tui_lab.lab.actions.{module}")
        done = getattr(found, function)(self, *arguments)
        if isawaitable(done):
            await done

    # Getting around

    def action_go(self, panel: str) -> None:
        """Gives the focus to a panel."""
        found = self.query_one(f"#{panel}")
        if not found.display:
            if self.view.has_class("-reading-curves"):  # which have taken its room
                self.view.remove_class("-reading-curves")
                self.call_after_refresh(self.action_go, panel)
            else:
                self.say("there are no curves and results before the first training")
            return
        if self.code and found in self.view.children:
            from tui_lab.lab.actions.code import leave_code

            leave_code(self, self.code)
        target = found if found.can_focus else next(x for x in found.query("*") if x.focusable)
        target.focus()

    def action_help(self) -> None:
        """Help for the focused panel, then for all."""
        from tui_lab.lab.screens.ask import Help

        nodes = self.focused.ancestors_with_self if self.focused else []
        panel = next((node.id for node in nodes if node.id in HELP), None)
        texts = [HELP[panel]] if panel else []
        self.app.push_screen(Help("\n\n".join([*texts, HELP["main"]])))

    def on_resize(self, event: events.Resize) -> None:
        """More or less room for the name and the progress."""
        self._show_name()
        self._show_progress()

    def say(self, sentence: str) -> None:
        """A message that goes away by itself."""
        self.notify(visible(sentence), severity="warning", timeout=8, markup=False)


def _told(found: list[Advice]) -> Content:
    """The first piece of advice, its fix, and how many more there are."""
    first = found[0]
    more = f"  (+{len(found) - 1} more)" if len(found) > 1 else ""
    fix = f"  f: {first.fix_says}" if first.fix else ""
    style = "$text-error" if first.error else "$text-warning"
    return Content.assemble((visible(first.sentence), style), (visible(fix), "bold"), more)


def _arithmetic(facts: Facts, layers: tuple[Layer, ...]) -> Network:
    return network(facts.input_shape(layers), layers)


def _data_of(dataset: Dataset) -> Dataset:
    """The dataset without what does not change its facts, so that typing stays quick."""
    return dataset.replace(batch_size=1, shuffle=True, scale=True, seed=0)
