"""The main screen: it owns one immutable Experiment; panels show it and ask for changes."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.advice import Advice, advice, completed, network_of
from tui_lab.experiment.catalogue import all_datasets
from tui_lab.experiment.dataset import Csv, Dataset, Facts
from tui_lab.experiment.edits import dataset_entries, hyperparameter_entries, new_dataset
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.network import summary
from tui_lab.experiment.presets import load_preset, save_preset, shipped_presets
from tui_lab.lab.curves import Curves
from tui_lab.lab.help import HELP
from tui_lab.lab.panels.layers import Layers
from tui_lab.lab.panels.results import CurvesPanel, ResultsPanel
from tui_lab.lab.panels.settings import Settings
from tui_lab.lab.screens.ask import Ask, AskText, Help
from tui_lab.lab.screens.choose import Choose
from tui_lab.runs.export import export
from tui_lab.runs.run import ENDED, Run, Tail, create_run
from tui_lab.runs.start import kill
from tui_lab.runs.watch import progress

if TYPE_CHECKING:
    from tui_lab.lab.app import LabApp

LOOK_SECONDS = 0.1
DRAW_SECONDS = 0.25


class Main(Screen[None]):
    """Dataset, network and hyperparameters on the left; curves and results on the right."""

    BINDINGS: ClassVar = [
        Binding("t", "train", "Train", id="main.train"),
        Binding("space", "pause", "Pause", id="main.pause"),
        Binding("s", "stop", "Stop", id="main.stop"),
        Binding("f", "fix", "Fix", id="main.fix"),
        Binding("1", "go('data')", "Data", show=False, id="main.data"),
        Binding("2", "go('network')", "Network", show=False, id="main.network"),
        Binding("3", "go('settings')", "Settings", show=False, id="main.settings"),
        Binding("4", "go('curves')", "Curves", show=False, id="main.curves"),
        Binding("5", "go('results')", "Results", show=False, id="main.results"),
        Binding("b", "dataset", "Dataset", id="main.dataset"),
        Binding("o", "open", "Open", id="main.open"),
        Binding("w", "save", "Save", id="main.save"),
        Binding("u", "undo", "Undo", show=False, id="main.undo"),
        Binding("U,ctrl+r", "redo", "Redo", show=False, id="main.redo"),
        Binding("question_mark", "help", "Help", id="main.help"),
        Binding("q", "app.leave", "Quit", id="main.quit"),
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-wide"),
        (170, "-widest"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-low"),
        (34, "-high"),
    ]

    def __init__(self, experiment: Experiment, path: Path | None) -> None:
        super().__init__()
        self.path, self.saved = path, experiment
        self.history, self.future = [experiment], list[Experiment]()
        self.preview: Experiment | None = None
        self.facts: Facts | None = None
        self.data_error = ""
        self.found: list[Advice] = []
        self.wrong: dict[str, str] = {}
        self.run: Run | None = None
        self.tail: Tail | None = None
        self.curves = Curves()
        self.state = ""
        self.drawn_at = 0.0

    @property
    def experiment(self) -> Experiment:
        """The Experiment as it is now, with what is just being typed."""
        return self.preview or self.history[-1]

    @property
    def lab(self) -> "LabApp":
        """The app."""
        return cast("LabApp", self.app)

    def compose(self) -> ComposeResult:
        """All panels."""
        yield Static(id="title")
        with Horizontal():
            with Vertical(id="left"):
                yield Settings("Data", id="data")
                yield Layers(id="network")
                yield Settings("Hyperparameters", id="settings")
            with Vertical(id="right"):
                yield CurvesPanel()
                yield ResultsPanel()
        yield Static(id="advice")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Shows the Experiment; the clock runs only while a run is watched."""
        self.clock = self.set_interval(LOOK_SECONDS, self._look, pause=True)
        self._read_facts(self.experiment.dataset)
        self.query_one("#network Rows").focus()

    # The Experiment and what follows from it

    def _become(self, experiment: Experiment) -> None:
        """Takes a new Experiment; undo brings the old one back."""
        old, self.preview = self.history[-1], None
        if experiment != old:
            self.history.append(experiment)
            self.future.clear()
        self._follow(old)

    def _follow(self, old: Experiment) -> None:
        if _data_of(self.experiment.dataset) != _data_of(old.dataset):
            self._read_facts(self.experiment.dataset)
        else:
            self._show()

    def _read_facts(self, dataset: Dataset) -> None:
        """What is known of the data; a file is read beside the screen."""
        self.facts, self.data_error = None, ""
        if isinstance(dataset, Csv):
            self._show()
            self._read_file(dataset)
        else:
            self._know(dataset.facts(), "")

    @work(thread=True, exclusive=True, group="facts")
    def _read_file(self, dataset: Csv) -> None:
        facts, error = None, ""
        try:
            facts = dataset.facts()
        except BadInput as problem:
            error = str(problem)
        if dataset == self.experiment.dataset:
            self.app.call_from_thread(self._know, facts, error)

    def _know(self, facts: Facts | None, error: str) -> None:
        self.facts, self.data_error = facts, error
        if facts:
            whole = completed(self.history[-1], facts)
            if self.saved == self.history[-1]:
                self.saved = whole
            self.history[-1] = whole
        self._show()

    def _show(self) -> None:
        """Everything on the screen follows from the Experiment."""
        experiment, facts = self.experiment, self.facts
        self.query_one("#data", Settings).show(dataset_entries(experiment), self._data_lines())
        self.query_one("#settings", Settings).show(hyperparameter_entries(experiment))
        if facts:
            net = network_of(experiment, facts)
            numbers = experiment.optimizer.state_per_parameter()
            self.query_one(Layers).show(experiment.layers or (), net, numbers)
            self.found = advice(experiment, facts)
        self._show_advice()
        self._show_title()

    def _data_lines(self) -> tuple[str, ...]:
        facts = self.facts
        if self.data_error:
            return (self.data_error,)
        if facts is None:
            return ("reading the file …",)
        kind = f"{len(facts.classes)} classes" if facts.classes else "numbers"
        return (
            f"{facts.name} · {facts.rows:,} rows · {len(facts.columns)} features",
            f"{facts.task}: {kind} · b changes",
        )

    def _show_advice(self) -> None:
        wrong = [sentence for sentence in self.wrong.values() if sentence]
        text = Content("")
        if wrong or self.data_error:
            text = Content.styled((wrong or [self.data_error])[0], "$text-error")
        elif self.found:
            first = self.found[0]
            more = f"  (+{len(self.found) - 1} more)" if len(self.found) > 1 else ""
            style = "$text-error" if first.error else "$text-warning"
            fix = f"  f: {first.fix_says}" if first.fix else ""
            text = Content.assemble((visible(first.sentence), style), (visible(fix), "bold"), more)
        elif self.facts:
            text = Content.styled(
                summary(network_of(self.experiment, self.facts)) + " · ready: t trains",
                "$text-muted",
            )
        self.query_one("#advice", Static).update(text)

    def _show_title(self) -> None:
        changed = "*" if self.history[-1] != self.saved else ""
        name = self.path.stem if self.path else self.experiment.title or "new"
        status = self.run.status() if self.run else {}
        told = f"  {progress(status)}" if status else ""
        if self.run and self.curves.started:
            told += f"  {self.curves.started['device']}"
        text = Content.assemble((" tui-lab ", "bold"), f" {visible(name, 30)}{changed}", told)
        self.query_one("#title", Static).update(text)

    def on_settings_changed(self, event: Settings.Changed) -> None:
        """A setting was changed."""
        self._become(event.experiment)

    def on_settings_invalid(self, event: Settings.Invalid) -> None:
        """A wrong text blocks training until it is right."""
        if event.control is not None:
            self.wrong[str(event.control.id)] = event.sentence
        self._show_advice()

    def on_layers_changed(self, event: Layers.Changed) -> None:
        """The stack was changed."""
        self._become(self.experiment.replace(layers=event.layers))

    def action_undo(self) -> None:
        """Takes back the last change."""
        if len(self.history) > 1:
            old = self.history.pop()
            self.future.append(old)
            self._follow(old)

    def action_redo(self) -> None:
        """Makes the change again that was taken back."""
        if self.future:
            old = self.history[-1]
            self.history.append(self.future.pop())
            self._follow(old)

    def action_fix(self) -> None:
        """Mends what the advice line says."""
        if self.found and self.found[0].fix:
            self._become(self.found[0].fix)

    def action_dataset(self) -> None:
        """Chooses another dataset, or a CSV file."""
        known = {d.facts().name: d for d in all_datasets()}
        notes = {name: _note(d.facts()) for name, d in known.items()}
        screen = Choose(
            "Dataset", list(known), notes=notes, free="type to search, or a path to a CSV"
        )

        def chosen(name: str | None) -> None:
            if name in known:
                dataset = known[name]
                self._become(new_dataset(self.experiment, dataset, dataset.facts()))
            elif name:
                self._ask_target(name)

        self.app.push_screen(screen, chosen)

    @work(thread=True, group="columns", exclusive=True)
    def _ask_target(self, path: str) -> None:
        from tui_lab.data.csv_file import read_csv

        try:
            columns = [str(c) for c in read_csv(Path(path).expanduser()).columns]
        except BadInput as error:
            self.app.call_from_thread(self._say, str(error))
            return
        self.app.call_from_thread(self._choose_target, path, columns)

    def _choose_target(self, path: str, columns: list[str]) -> None:
        def chosen(target: str | None) -> None:
            if target is not None:
                csv = Csv(csv=os.path.abspath(Path(path).expanduser()), target=target)
                self._become(self.experiment.replace(dataset=csv, layers=None, loss=None))

        self.app.push_screen(Choose("Which column is the target?", columns, columns[-1]), chosen)

    # Presets

    def action_open(self) -> None:
        """Opens a shipped preset, or a file."""
        names = list(shipped_presets())

        def chosen(name: str | None) -> None:
            if name:
                self._unless_changed(lambda: self._open(name))

        self.app.push_screen(
            Choose("Open a preset", names, free="type to search, or a path"), chosen
        )

    def _open(self, name: str) -> None:
        try:
            experiment = load_preset(name)
        except BadInput as error:
            self._say(str(error))
            return
        self.path = None if name in shipped_presets() else Path(name)
        old, self.saved = self.experiment, experiment
        self.history, self.wrong = [experiment], {}
        self.future.clear()
        self._read_facts(experiment.dataset) if experiment != old else self._show()

    def _unless_changed(self, do: Callable[[], object]) -> None:
        """Does something that loses the changes, after asking."""
        if self.history[-1] == self.saved:
            do()
            return
        question = Ask("There are unsaved changes.", {"d": "discard them", "k": "keep editing"})

        def answered(key: str | None) -> None:
            if key == "d":
                do()

        self.app.push_screen(question, answered)

    def action_save(self) -> None:
        """Saves the Experiment as a preset."""
        start = str(self.path or "my-preset.yaml")
        self.app.push_screen(AskText("Save the preset as:", start), self._save)

    def _save(self, name: str | None) -> None:
        if not name:
            return
        try:
            save_preset(self.experiment, Path(name).expanduser())
        except BadInput as error:
            self._say(str(error))
            return
        self.path, self.saved = Path(name).expanduser(), self.experiment
        self._show_title()
        self.notify(f"saved {visible(name)}", markup=False)

    # Training

    def action_train(self) -> None:
        """Starts training in a process of its own."""
        if self.run and self.state not in ENDED:
            self._say("a training is running: s stops it, space pauses it")
            return
        wrong = [s for s in self.wrong.values() if s] + [a.sentence for a in self.found if a.error]
        if self.facts is None or wrong:
            self._say((wrong or [self.data_error or "the data are not read yet"])[0])
            return
        try:
            run = create_run(self.experiment, self.path.stem if self.path else self.facts.name)
        except BadInput as error:
            self._say(str(error))
            return
        self.process: subprocess.Popen[bytes] = self.lab.warm.train(run)
        self.watch_run(run)

    def watch_run(self, run: Run) -> None:
        """Shows a run from its first event on."""
        self.run, self.tail, self.curves, self.state = run, Tail(run), Curves(), "queued"
        self.query_one(CurvesPanel).show(self.curves)
        self.clock.resume()

    def _look(self) -> None:
        """Reads what is new; draws at most four times a second."""
        if self.run is None or self.tail is None:
            return
        if hasattr(self, "process"):
            self.process.poll()
        events = self.tail.new(2000)
        self.curves.add(events)
        self.state = self.run.status()["state"]
        ended = self.state in ENDED and not events
        if ended or time.monotonic() - self.drawn_at >= DRAW_SECONDS:
            self.drawn_at = time.monotonic()
            self.query_one(CurvesPanel).show(self.curves)
            self._show_title()
        if ended:
            self._ended()

    def _ended(self) -> None:
        self.clock.pause()
        if self.run is None:
            return
        panel = self.query_one(ResultsPanel)
        panel.show(self.run)
        panel.add_class("-done")
        if self.state in ("lost", "failed", "diverged"):
            why = self.run.status().get("why") or "the trainer died without a word; the lab goes on"
            self._say(f"{self.state}: {why}")

    def action_pause(self) -> None:
        """Pauses, or goes on."""
        if self.run and self.state in ("running", "paused"):
            self.run.ask(do="resume" if self.state == "paused" else "pause")

    def action_stop(self) -> None:
        """Stops and keeps the results; a second time kills."""
        if self.run is None or self.state in ENDED:
            return
        if self.state == "stopping":
            kill(self.run)
        self.run.ask(do="stop")
        self.notify("stopping: finishing the batch; s again kills", markup=False)

    @work(thread=True, group="export")
    def _export(self, kind: str, path: Path) -> None:
        if self.run is None:
            return
        try:
            export(self.run, kind, path)
        except BadInput as error:
            self.app.call_from_thread(self._say, str(error))
        else:
            told = f"wrote {visible(str(path))}"
            self.app.call_from_thread(self.notify, told, markup=False)

    def on_results_panel_export(self) -> None:
        """Asks for the format and the file's name, then writes the weights."""
        run = self.run
        if run is None:
            return

        def chosen(kind: str | None) -> None:
            def write(name: str | None) -> None:
                if kind and name:
                    self._export(kind, Path(name).expanduser())

            if kind:
                self.app.push_screen(AskText("Write the weights to:", f"{run.id}.{kind}"), write)

        notes = {"pt": "a PyTorch state_dict", "safetensors": "safe to share, no pickle"}
        self.app.push_screen(Choose("Format", list(notes), notes=notes), chosen)

    # Getting around

    def action_go(self, panel: str) -> None:
        """Gives the focus to a panel."""
        found = self.query_one(f"#{panel}")
        target = found if found.can_focus else next(x for x in found.query("*") if x.can_focus)
        target.focus()

    def action_help(self) -> None:
        """Help for the focused panel."""
        focused = self.focused
        ids = [node.id for node in focused.ancestors_with_self if node.id] if focused else []
        panel = next((name for name in ids if name in HELP), "main")
        self.app.push_screen(
            Help(f"{HELP[panel]}\n\n{HELP['main']}" if panel != "main" else HELP["main"])
        )

    def _say(self, sentence: str) -> None:
        self.notify(visible(sentence), severity="warning", timeout=8, markup=False)


def _data_of(dataset: Dataset) -> Dataset:
    """The dataset without what does not change its facts, so that typing stays quick."""
    return dataset.replace(batch_size=1, shuffle=True, scale=True, seed=0)


def _note(facts: Facts) -> str:
    kind = f"{len(facts.classes)} classes" if facts.classes else "regression"
    return f"{facts.rows:>5,} rows  {len(facts.columns):>3} features  {kind}"
