"""The right side: what to watch before training, the curves while it trains, the tables after."""

import asyncio
import subprocess
import time

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_lab.errors import visible
from tui_lab.experiment.experiment import Experiment
from tui_lab.lab.panels.curves import CurvesPanel
from tui_lab.lab.panels.results import ResultsPanel
from tui_lab.runs.curves import Curves
from tui_lab.runs.helm import Helm
from tui_lab.runs.run import ENDED, Run, Tail
from tui_lab.runs.start import settle
from tui_lab.runs.watch import clock

LOOK_SECONDS = 0.1
DRAW_SECONDS = 0.25
ENDED_SECONDS = 1.0
"""How often an ended run is looked at, which another terminal may go on with."""
EVENTS_A_PORTION = 400
"""So few that they take a millisecond; between two portions keys are answered."""
ICONS = {"running": "▶", "paused": "‖", "finished": "✓", "stopped": "■", "stopping": "■"}


class RunView(Vertical):
    """Follows one run directory: events in bounded portions, drawn at most four times a second."""

    class Progressed(Message):
        """There is something new to tell about the run."""

    class Ended(Message):
        """The run has ended, and its tables are shown."""

    def __init__(self) -> None:
        super().__init__(id="right")
        self.run: Run | None = None
        self.state = ""
        self.helm: Helm
        """Steering the shown run is asked of this first."""
        self._resumed: int | None = None
        self.stopping = False
        """Whether it was asked to stop; asked again, it is killed."""
        self.status: dict = {}  # type: ignore[type-arg]
        self.curves = Curves()
        self._drawn_at = self._looked_at = 0.0
        self._is_over = False
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        """The trainers that were started here, by the ids of their runs."""

    def compose(self) -> ComposeResult:
        """The introduction, which the curves and the results replace."""
        yield Static(id="intro", classes="panel")
        yield CurvesPanel()
        yield ResultsPanel()

    def on_mount(self) -> None:
        """Nothing is looked at before there is a run."""
        self._timer = self.set_interval(LOOK_SECONDS, self._look, pause=True)

    @property
    def is_training(self) -> bool:
        """Whether the shown run goes on."""
        return self.run is not None and self.state not in ENDED

    @property
    def has_weights(self) -> bool:
        """Whether there are weights to take away."""
        return self.run is not None and self.run.file("weights.safetensors").is_file()

    def introduce(self, experiment: Experiment) -> None:
        """What to watch, until a run is there."""
        if not self.is_training:
            self.remove_class("-run", "-tables", "-done")
        self.describe(experiment)

    def describe(self, experiment: Experiment) -> None:
        """The title and the notes of an Experiment."""
        intro = self.query_one("#intro", Static)
        intro.border_title = "What to watch"
        text = Content.assemble(
            (f"{visible(experiment.title) or 'An experiment of your own'}\n\n", "bold"),
            f"{visible(experiment.notes)}\n\n" if experiment.notes else "",
            ("t trains · a adds a layer · o opens a preset · b takes another dataset\n"
             "? explains the panel you are in", "$foreground-muted"),
        )  # fmt: skip
        intro.update(text)

    def follow(self, run: Run, process: "subprocess.Popen[bytes] | None" = None) -> None:
        """Shows a run from its first event on; `process` is its trainer if we started it."""
        if process is not None:
            self._processes[run.id] = process
        if self.run is not None:
            self.helm.leave()
        self.run, self.helm, self._tail, self._resumed = run, Helm(run), Tail(run), None
        self._drawn_at = time.monotonic()
        self.curves, self.state, self.status, self.stopping = Curves(), "queued", {}, False
        self._is_over = False
        self.set_classes("-run")
        self.query_one(CurvesPanel).show(self.curves)
        self._timer.resume()
        self.call_next(self._look)

    async def _look(self) -> None:
        run, tail = self.run, self._tail
        if run is None:
            return
        if self._is_over:
            self._follow_again(run)
            return
        self._settle(run)
        self.status = run.status()
        self.state = "queued" if self._is_starting(run) else self.status["state"]
        if self._was_resumed():
            self.follow(run)
            return
        if self.state in ENDED:  # before the curves, which take a while if the run is long
            self.query_one(ResultsPanel).show(run)
            self.add_class("-tables")
        while events := tail.new(EVENTS_A_PORTION):
            self.curves.add(events)
            self._draw()
            await asyncio.sleep(0)
            if tail is not self._tail:
                return  # another run is shown by now
        self._draw(at_once=self.state in ENDED)
        if self.state in ENDED:
            self._is_over = True
            self.add_class("-done")
            self.post_message(self.Ended())

    def _follow_again(self, run: Run) -> None:
        """Follows an ended run anew if another terminal has gone on with it."""
        if self.has_class("-run") and time.monotonic() - self._looked_at > ENDED_SECONDS:
            self._looked_at = time.monotonic()
            if run.status()["state"] not in ENDED:
                self.follow(run)

    def _is_starting(self, run: Run) -> bool:
        """Whether what the run says is still that of its trainer before."""
        process = self._processes.get(run.id)
        return process is not None and self.status.get("pid") != process.pid

    def _was_resumed(self) -> bool:
        """Whether another trainer has taken back the events after its checkpoint."""
        before, self._resumed = self._resumed, self.status.get("resumed", 0)
        return before is not None and before != self._resumed

    def _settle(self, run: Run) -> None:
        """Writes down how a trainer died that was started here."""
        process = self._processes.get(run.id)
        if process is not None and (code := process.poll()) is not None:
            settle(run, code)
            del self._processes[run.id]

    def _draw(self, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._drawn_at >= DRAW_SECONDS:
            self._drawn_at = time.monotonic()
            self.query_one(CurvesPanel).show(self.curves)
            self.screen.post_message(self.Progressed())  # our own queue waits for `_look`

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """On a low screen the panel in focus takes the room of the other."""
        reading = isinstance(event.widget, ResultsPanel)
        self.set_class(reading, "-reading-results")
        self.set_class(not reading, "-reading-curves")

    def on_descendant_blur(self) -> None:
        """Both are seen again."""
        self.remove_class("-reading-results", "-reading-curves")

    def told(self, wide: bool) -> str:
        """State, epoch, speed, time left and device on one line."""
        if not self.status.get("epochs"):
            begun = f"✗ {self.state}" if self.state in ENDED else "starting …"
            return begun if self.run else ""
        told = self.curves.epochs[-1:] or [0]
        epoch, epochs = max(self.status.get("epoch", 0), *told), self.status["epochs"]
        icon = ICONS.get(self.state, "✗")
        bar = f" {_bar(epoch / epochs)}" if wide else ""
        parts = [f"{icon} {self.state}{bar} epoch {epoch}/{epochs}"]
        if self.state == "paused":
            parts.append(f"batch {self.status.get('batch', 0)}/{self.status.get('batches', 0)}")
        elif self.is_training:
            speed = f"{self.status.get('steps_per_second', 0):,.0f}"
            parts.append(f"{speed} steps/s" if wide else f"{speed}/s")
            seconds = self.status.get("seconds", 0)
            parts += [f"{clock(seconds * (epochs - epoch) / epoch)} left"] if epoch else []
        else:
            parts.append(f"{self.status.get('seconds', 0):.1f} s")
        return " · ".join([*parts, self._device()])

    def _device(self) -> str:
        memory, busy = self.status.get("memory"), self.status.get("busy_percent")
        engine = str(self.status.get("why_engine", "")).partition(":")[0].partition(",")[0]
        told = " ".join(filter(None, (str(self.status.get("device", "")), engine)))
        told += f" {memory / 2**20:,.0f} MiB" if memory else ""
        return told + (f" {busy} % busy" if busy is not None else "")


def _bar(share: float, width: int = 16) -> str:
    full = round(min(share, 1) * width)
    return "█" * full + "░" * (width - full)
