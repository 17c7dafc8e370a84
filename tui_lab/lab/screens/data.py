"""The data screen: every column and what it tells of the target, before anything is trained."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, get_args

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer, Static
from textual.worker import get_current_worker

from tui_lab.errors import BadInput, Fixable, visible
from tui_lab.experiment.dataset import Csv, Dataset
from tui_lab.experiment.entering import aimed, toggled
from tui_lab.lab import data_told as told
from tui_lab.lab.help import HELP
from tui_lab.lab.screens.ask import Help
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.widgets.column_list import ColumnList
from tui_lab.lab.widgets.row_table import RowTable
from tui_lab.lab.widgets.rows import Pages
from tui_lab.lab.widgets.sample_grid import SampleGrid

if TYPE_CHECKING:
    import pandas as pd

    from tui_lab.data.profile import Profile

ROWS_SHOWN, COLUMNS_SHOWN = 100, 100
OF_TABLES = ("target", "take", "cycle", "find")
"""Actions that only a table of one's own has."""
OF_COLUMNS = ("target", "take", "find")
"""Actions on the highlighted column, which has to be seen."""


class DataScreen(Screen[Dataset | None]):
    """Gives the dataset as it is to be used, or None; an empty target is guessed."""

    BINDINGS: ClassVar = [
        Binding("enter", "use", "Use", tooltip="Use the data", id="data.use", priority=True),
        Binding("t", "target", "Target", tooltip="Predict this column", id="data.target"),
        Binding("space", "take", "In/out", tooltip="Take the column in or out", id="data.take"),
        Binding("c", "cycle('task')", "Task", tooltip="Classes, or a number", id="data.task"),
        Binding("m", "cycle('missing')", "Fill", tooltip="What fills gaps", id="data.missing"),
        Binding("s", "split", "Split", tooltip="How the rows are split", id="data.split"),
        Binding("f", "fix", "Fix", tooltip="Do what the sentence says", id="data.fix"),
        Binding("v", "view", "Rows", tooltip="Columns, first rows, pictures", id="data.view"),
        Binding("slash", "find", "Find a column", show=False, id="data.find"),
        Binding("question_mark", "help", "Help", id="data.help"),
        Binding("escape,q", "dismiss(None)", "Back", id="data.back"),
    ]
    AUTO_FOCUS = "ColumnList"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.dataset = dataset
        self.frame: pd.DataFrame | None = None
        self.profile: Profile | None = None
        self.error: BadInput | None = None
        self.guess, self.done = "", 0.0
        self._profiled: Dataset | None = None
        self.viewed = "columns"
        self._is_wanted = False
        """Whether the data is to be used as soon as it is known to be right."""

    def compose(self) -> ComposeResult:
        """What is known on top, the columns, more on the highlighted one, and the notes."""
        yield Static(id="known")
        with ContentSwitcher(initial="columns"):
            yield ColumnList(id="columns")
            yield RowTable(id="rows")
            yield SampleGrid(id="samples")
        yield Static(id="column")
        with Pages(id="notes", classes="panel"):
            yield Static()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """The file is read beside the screen."""
        self._look()
        self._show()

    # The profile, which is made beside the screen

    @work(thread=True, exclusive=True, group="profile")
    def _look(self) -> None:
        from tui_lab.data.profile import profile
        from tui_lab.data.progress import Cancelled, reporting

        worker, dataset = get_current_worker(), self.dataset

        def listen(done: float) -> None:
            if worker.is_cancelled:
                raise Cancelled
            self._tell(self._progress, done)

        try:
            with reporting(listen):
                frame = self._frame_of(dataset)
                dataset, guess = _with_target(dataset, frame)
                found = profile(dataset, frame)
        except BadInput as error:
            self._tell(self._refuse, error)
        except Cancelled:
            pass
        else:
            self._tell(self._take, dataset, guess, found)

    def _frame_of(self, dataset: Dataset) -> "pd.DataFrame":
        from tui_lab.data.profile import frame_of

        if self.frame is None:
            self.frame = frame_of(dataset)
        return self.frame

    def _tell(self, take: Callable[..., None], *what: object) -> None:
        """From the worker to the screen, unless it was left or wants something else by now."""
        worker = get_current_worker()

        def told() -> None:
            if self in self.app.screen_stack and not worker.is_cancelled:
                take(*what)

        self.app.call_from_thread(told)

    def _progress(self, done: float) -> None:
        self.done = done
        if self.profile is None:
            self._show()

    def _refuse(self, error: BadInput) -> None:
        self.error = error
        self._show()
        self.refresh_bindings()

    def _take(self, dataset: Dataset, guess: str, found: "Profile") -> None:
        """The first profile chooses what is shown first: the target, or the pictures."""
        is_first, self.profile = self.profile is None, found
        self.dataset = self._profiled = dataset
        self.guess = guess or self.guess
        if is_first:
            self._fill_rows()
            self.query_one(SampleGrid).show(found.samples)
        self._show()
        if is_first:
            names = [column.name for column in found.columns]
            self.query_one(ColumnList).go(names.index(self.target) if self.target in names else 0)
            if found.samples:
                self._view("samples")
        self.refresh_bindings()
        if self._is_wanted:
            self.action_use()

    @property
    def target(self) -> str:
        """The column that is to be predicted."""
        if isinstance(self.dataset, Csv):
            return self.dataset.target
        return self.profile.facts.target if self.profile and self.profile.facts else ""

    @property
    def problem(self) -> BadInput | None:
        """Why the dataset can't be used, as far as is known."""
        return self.error or (self.profile.problem if self.profile else None)

    @property
    def is_fresh(self) -> bool:
        """Whether the profile is that of the dataset as it is now."""
        return self.dataset == self._profiled

    # What is shown

    def _show(self) -> None:
        lines = self._known()
        self.query_one("#known", Static).update(Content("\n").join(lines))
        if self.profile is None:
            return
        columns = self.query_one(ColumnList)
        columns.show(self.profile.columns, self.dataset, self.target, self.is_fresh)
        notes = told.notes(self.profile, self.guess)
        panel = self.query_one("#notes", Pages)
        panel.border_title = f"{len(notes)} note{'s' if len(notes) != 1 else ''}"
        panel.display = bool(notes)
        panel.query_one(Static).update(Content("\n").join(map(Content, notes)))

    def _known(self) -> list[Content]:
        if self.error:
            return [told.refused(self.error)]
        if self.profile is None:
            doing = f"reading {self.dataset.title} …"
            percent = f" {self.done:.0%}" if self.done else ""
            return [Content(visible(doing + percent))]
        return told.known(self.dataset, self.profile, self.target, self.is_fresh)

    def on_line_list_moved(self) -> None:
        """More about the highlighted column."""
        column = self.query_one(ColumnList).row
        if column and self.profile:
            lines = told.column(column, self.dataset, self.target, self.profile)
            self.query_one("#column", Static).update(lines)

    def _fill_rows(self) -> None:
        if self.frame is None:
            return
        first = self.frame.iloc[:ROWS_SHOWN, :COLUMNS_SHOWN]
        is_file = isinstance(self.dataset, Csv)
        numbers = first.index if is_file else range(1, len(first) + 1)
        cells = zip(numbers, first.astype(object).to_numpy().tolist(), strict=True)
        heading = ["line" if is_file else "row", *map(str, first.columns)]
        rows = [[str(number), *map(told.cell, row)] for number, row in cells]
        self.query_one(RowTable).show(heading, rows)

    # What can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A shipped table's target and columns are what they are; what isn't seen stays."""
        if action == "fix":
            return isinstance(self.problem, Fixable)
        if action in OF_COLUMNS and self.viewed != "columns":
            return False
        return action not in OF_TABLES or isinstance(self.dataset, Csv)

    def _change(self, dataset: Dataset) -> None:
        if dataset != self.dataset:
            self.dataset, self.guess, self._is_wanted = dataset, "", False
            self.error = None
            self._show()
            self._look()

    def _kinds(self) -> dict[str, str]:
        columns = self.profile.columns if self.profile else ()
        return {column.name: column.kind for column in columns}

    def action_target(self) -> None:
        """Makes the highlighted column the target."""
        column = self.query_one(ColumnList).row
        if column and isinstance(self.dataset, Csv):
            self._change(aimed(self.dataset, self._kinds(), column.name))

    def action_take(self) -> None:
        """Takes the highlighted column in, or out."""
        column = self.query_one(ColumnList).row
        if column is None or not isinstance(self.dataset, Csv):
            return
        if column.name in (self.dataset.target, self.dataset.split_column):
            self._say("the target can't enter: choose another one by t first")
            return
        changed = toggled(self.dataset, self._kinds(), column.name)
        if changed == self.dataset:
            self._say("one column at least has to enter")
        self._change(changed)

    def action_cycle(self, field: str) -> None:
        """The next choice for a setting."""
        if self.profile:
            choices = get_args(type(self.dataset).model_fields[field].annotation)
            place = choices.index(getattr(self.dataset, field))
            chosen = choices[(place + 1) % len(choices)]
            self._change(self.dataset.replace(**{field: chosen}))

    def action_split(self) -> None:
        """Opens the settings of the split."""
        from tui_lab.lab.screens.split import SplitDialog

        if self.profile:
            names = tuple(column.name for column in self.profile.columns)
            self.app.push_screen(SplitDialog(self.dataset, names), self._split)

    def _split(self, dataset: Dataset | None) -> None:
        if dataset is not None:
            self._change(dataset)

    def action_fix(self) -> None:
        """Takes the settings by which the dataset can be used."""
        if isinstance(self.problem, Fixable):
            self._change(self.dataset.replace(**self.problem.changes))

    def action_find(self) -> None:
        """Goes to a column by its name."""
        columns = self.query_one(ColumnList)
        names = [column.name for column in columns.rows]

        def found(name: str | None) -> None:
            if name is not None:
                columns.go(names.index(name))

        self.app.push_screen(Choose("Which column?", names), found)

    def action_view(self) -> None:
        """The columns, the first rows, and the pictures if there are any, in turn."""
        views = ["columns", "rows", *(["samples"] if self.profile and self.profile.samples else [])]
        self._view(views[(views.index(self.viewed) + 1) % len(views)])

    def _view(self, name: str) -> None:
        self.viewed = self.query_one(ContentSwitcher).current = name
        self.query_one("#column").display = name == "columns"
        self.query_one(f"#{name}").focus()
        self.refresh_bindings()

    def action_use(self) -> None:
        """Gives the dataset, unless it can't be learned; what is not yet known is waited for."""
        self._is_wanted = False
        if self.error or self.profile is None:
            self._say(str(self.error or "the file is still being read"))
        elif not self.is_fresh:
            self._is_wanted = True
        elif self.profile.problem:
            self._say(str(self.profile.problem))
        else:
            self.dismiss(self.dataset)

    def action_help(self) -> None:
        """Help for this screen."""
        self.app.push_screen(Help(HELP["data_screen"]))

    def _say(self, sentence: str) -> None:
        self.notify(visible(sentence), severity="warning", timeout=8, markup=False)


def _with_target(dataset: Dataset, frame: "pd.DataFrame") -> tuple[Dataset, str]:
    """With a target, and why this one, if nobody has chosen one."""
    if not isinstance(dataset, Csv) or dataset.target:
        return dataset, ""
    from tui_lab.data.guess import guessed_target
    from tui_lab.data.kinds import kinds_of

    target, why = guessed_target(kinds_of(frame, dataset.rare))
    return dataset.replace(target=target), why
