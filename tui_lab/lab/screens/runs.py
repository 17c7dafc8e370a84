"""The runs: finding, sorting, labelling, throwing away, opening and comparing them."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui_lab.errors import BadInput, visible
from tui_lab.lab.help import HELP
from tui_lab.lab.screens.ask import AskText, Help
from tui_lab.lab.screens.choose import Choose
from tui_lab.lab.widgets.rows import Line
from tui_lab.lab.widgets.run_list import RunList
from tui_lab.runs.about import labelled, write_about
from tui_lab.runs.contenders import LETTERS
from tui_lab.runs.listing import Listing, Row, in_order, matching, sort_keys
from tui_lab.runs.run import Run
from tui_lab.runs.trash import delete, restore

LOOK_SECONDS = 1.0


class Runs(Screen[Run | None]):
    """Gives the run that is to be opened, or None."""

    BINDINGS: ClassVar = [
        Binding("enter", "open", "Open", tooltip="Open the run", id="runs.open"),
        Binding("space", "mark", "Mark", tooltip="Mark the run, to compare it", id="runs.mark"),
        Binding("c", "compare", "Compare", tooltip="Compare the marked runs", id="runs.compare"),
        Binding("slash", "filter", "Filter", tooltip="Filter the runs", id="runs.filter"),
        Binding("s", "sort", "Sort", tooltip="Sort the runs by …", id="runs.sort"),
        Binding("R", "reverse", "Turn the order round", show=False, id="runs.reverse"),
        Binding("n", "label('name')", "Name", tooltip="Name the run", id="runs.name"),
        Binding("t", "label('tags')", "Tags", tooltip="Tag the run", id="runs.tags"),
        Binding("N", "label('note')", "Write a note on the run", show=False, id="runs.note"),
        Binding("d,delete", "delete", "Del", tooltip="Move the run to the trash", id="runs.delete"),
        Binding("u", "undo", "Bring the deleted run back", show=False, id="runs.undo"),
        Binding("question_mark", "help", "Help", id="runs.help"),
        Binding("down", "leave_filter", show=False, id="runs.list"),
        Binding("escape", "back", "Back", id="runs.back"),
        Binding("q", "dismiss(None)", "Back", show=False, id="runs.quit"),
    ]
    AUTO_FOCUS = "RunList"

    def __init__(self) -> None:
        super().__init__()
        self.listing = Listing()
        self.rows: list[Row] | None = None
        self.marked: list[str] = []
        self.key, self.is_reversed = "started", False
        self.deleted: list[str] = []
        self._is_reading = False

    def compose(self) -> ComposeResult:
        """The filter above the list, and more about the highlighted run below."""
        yield Static(id="heading")
        yield Line(placeholder="/ filters by id, name, tag, note, state or dataset")
        yield RunList()
        yield Static(id="about")

    def on_mount(self) -> None:
        """Runs that train are looked at again now and then."""
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    @property
    def run_list(self) -> RunList:
        """The list."""
        return self.query_one(RunList)

    # What there is, read beside the screen

    def _look(self) -> None:
        if not self._is_reading:
            self._is_reading = True
            self._read()

    @work(thread=True, group="runs")
    def _read(self) -> None:
        rows = self.listing.rows()
        self.app.call_from_thread(self._take, rows)

    def _take(self, rows: list[Row]) -> None:
        self._is_reading = False
        if not self.is_attached or rows == self.rows:
            return
        if self.rows is None:
            self.call_after_refresh(self._show_keys)
        self.rows = rows
        there = {row.id for row in rows}
        self.marked = [id for id in self.marked if id in there]
        self._show()

    async def _show_keys(self) -> None:
        """The footer takes a while, and the rows don't wait for it."""
        if self.is_attached:  # or else the lab is being left
            await self.mount(Footer(compact=True, show_command_palette=False))
            self.refresh_bindings()

    def _show(self) -> None:
        rows = matching(self.rows or [], self.query_one(Line).value)
        found = in_order(rows, self.key)
        found = found[::-1] if self.is_reversed else found
        letters = dict(zip(self.marked, LETTERS, strict=False))
        self.run_list.show(found, letters, self.key)
        self._tell(len(rows))

    def _tell(self, count: int) -> None:
        total = len(self.rows or [])
        shown = f"{count:,} of {total:,}" if count != total else f"{total:,}"
        order = ", turned round" if self.is_reversed else ""
        told = f"Runs: {shown}, by {visible(self.key)}{order}"
        if self.rows == []:
            told = "Runs: none yet; t in the main screen trains one"
        self._update("#heading", Content(told))

    def on_line_list_moved(self) -> None:
        """Says more about the highlighted run."""
        row = self.run_list.row
        self._update("#about", _about(row) if row else Content(""))

    def _update(self, place: str, content: Content) -> None:
        """Changes a text only if it says something else: an idle screen sends nothing."""
        line = self.query_one(place, Static)
        if line.content != content:
            line.update(content)

    # Finding

    def action_filter(self) -> None:
        """Goes to the filter."""
        self.query_one(Line).focus()

    def on_input_changed(self) -> None:
        """Filters while typing."""
        self._show()

    def on_input_submitted(self) -> None:
        """Goes back to the list."""
        self.action_leave_filter()

    def action_leave_filter(self) -> None:
        """Goes back to the list."""
        self.run_list.focus()

    def action_back(self) -> None:
        """Leaves the filter, empties it, or leaves the screen."""
        line = self.query_one(Line)
        if line.has_focus or line.value:
            line.value = ""
            self.run_list.focus()
        else:
            self.dismiss(None)

    def action_sort(self) -> None:
        """Asks for a column or a metric to sort by."""

        def chosen(key: str | None) -> None:
            if key:
                self.key, self.is_reversed = key, False
                self._show()

        keys = sort_keys(self.rows or [])
        self.app.push_screen(Choose("Sort by, the best first", keys, self.key), chosen)

    def action_reverse(self) -> None:
        """The last first."""
        self.is_reversed = not self.is_reversed
        self._show()

    # What can be done with a run

    def on_line_list_chosen(self) -> None:
        """Opens the run."""
        self.action_open()

    def action_open(self) -> None:
        """Opens the highlighted run."""
        if self.run_list.row:
            self.dismiss(self.run_list.row.run)

    def action_mark(self) -> None:
        """Marks the run or takes its mark away."""
        row = self.run_list.row
        if row is None:
            return
        if row.id in self.marked:
            self.marked.remove(row.id)
        elif len(self.marked) < len(LETTERS):
            self.marked.append(row.id)
        else:
            self.say(f"{len(LETTERS)} runs are marked, and no more can be compared")
        self._show()

    def action_compare(self) -> None:
        """Compares the marked runs; with a single mark, that one and the highlighted."""
        from tui_lab.lab.screens.compare import Compare

        by_id = {row.id: row.run for row in self.rows or []}
        ids = [*self.marked, *([self.run_list.row.id] if self.run_list.row else [])]
        ids = self.marked if len(self.marked) > 1 else list(dict.fromkeys(ids))
        if len(ids) < 2:
            self.say("mark two to eight runs with space, then compare them")
        else:
            self.app.push_screen(Compare([by_id[id] for id in ids]))

    def action_label(self, what: str) -> None:
        """Asks for the name, the tags or the note of the highlighted run."""
        if self.run_list.row is None:
            return
        run = self.run_list.row.run
        about = run.about
        old = {"name": about.name, "tags": " ".join(about.tags), "note": about.note}[what]
        more = ", with spaces between" if what == "tags" else ""

        def answered(text: str | None) -> None:
            if text is not None and text != old:
                self._try(lambda: _label(run, what, text))

        self.app.push_screen(AskText(f"The {what} of {visible(run.id)}{more}:", old), answered)

    def action_delete(self) -> None:
        """Moves the highlighted run into the trash."""
        if self.run_list.row is not None:
            run = self.run_list.row.run
            self._try(lambda: self._delete(run))

    def _delete(self, run: Run) -> None:
        delete([run])
        self.deleted.append(run.id)
        self.notify(f"{visible(run.id)} is in the trash; u brings it back", markup=False)

    def action_undo(self) -> None:
        """Brings back what was deleted last."""
        if self.deleted:
            self._try(lambda: restore([self.deleted.pop()]))
        else:
            self.say("nothing was deleted here; tui-lab trash lists what is in the trash")

    def _try(self, do: Callable[[], Any]) -> None:
        """Changes something on the disk, or says why not, and looks again."""
        try:
            do()
        except BadInput as error:
            self.say(str(error))
        self._look()

    def action_help(self) -> None:
        """What the keys do."""
        self.app.push_screen(Help(HELP["runs"]))

    def say(self, sentence: str) -> None:
        """A message that goes away by itself."""
        self.notify(visible(sentence), severity="warning", timeout=8, markup=False)


def _label(run: Run, what: str, text: str) -> None:
    about = run.about
    if what == "tags":
        tags = text.replace(",", " ").split()
        new = labelled(about, tag=tags, untag=[tag for tag in about.tags if tag not in tags])
    else:
        new = labelled(about, **{what: text})
    write_about(run.file("about.json"), new)


def _about(row: Row) -> Content:
    """The dataset, the parent, how it ended, and the note."""
    told = [str(row.status.get("dataset", "")), row.about.note]
    told += [f"from {row.parent}" if row.parent else "", str(row.status.get("why", ""))]
    line = " · ".join(visible(part, 300) for part in told if part)
    return Content.styled(line or visible(row.id), "$foreground-muted")
