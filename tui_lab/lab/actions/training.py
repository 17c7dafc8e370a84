"""Training: starting it, steering the trainer of the shown run, going on with what has ended."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui_lab.errors import BadInput, Fixable, visible
from tui_lab.experiment.steering import beyond, changes_between
from tui_lab.lab.screens.choose import Choose
from tui_lab.runs import going_on
from tui_lab.runs.checkpoints import checkpoints
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.start import kill

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main


def start(main: "Main") -> None:
    """Trains the Experiment on the screen in a process of its own, once its data is read."""
    if main.is_reading:
        main.when_read = partial(start, main)
        main.say("the file is still being read; then it trains")
    elif main.wrong:
        main.say(main.wrong[0])
    else:
        _begin(main, lambda: create_run(main.experiment, main.called))


def _begin(main: "Main", make: Callable[[], Run]) -> None:
    """Hands a run to a trainer and shows it."""
    try:
        run = make()
        main.view.follow(run, main.lab.warm.train(run))
        main.view.helm.take()
    except BadInput as error:
        main.say(str(error))
        if isinstance(error, Fixable):
            main.refuse_data(error)
    main.refresh_bindings()


def pause(main: "Main") -> None:
    """Pauses, or goes on."""
    if main.view.is_training:
        main.ask_trainer(do="resume" if main.view.state == "paused" else "pause")


def go_on(main: "Main") -> None:
    """Goes on with the shown, ended run from its last checkpoint, with the settings as they are."""
    run = main.view.run
    if run is None or main.view.is_training:
        return

    def asked() -> Run:
        going_on.ask_to_go_on(run, _changes(main, run))
        return run

    _begin(main, asked)


def _changes(main: "Main", run: Run) -> list[str]:
    """What of the settings on the screen a training can take that has begun with others."""
    return changes_between(going_on.experiment_now(run), main.experiment)


def step(main: "Main", unit: str) -> None:
    """Trains one batch or one epoch of a paused run."""
    main.ask_trainer(do="step", unit=unit)


def apply(main: "Main") -> None:
    """Gives the settings on the screen to the running training, from its next batch on."""
    run = main.view.run
    if run is None or not main.view.is_training:
        return
    try:
        changes = _changes(main, run)
        left = beyond(going_on.experiment_now(run), main.experiment)
    except BadInput as error:
        main.say(str(error))
        return
    if main.wrong:
        main.say(main.wrong[0])
        return
    if left:
        main.say(f"not applied: {', '.join(left)}; only a new training can take that")
    if changes and main.ask_trainer(do="set", changes=changes):
        told = "from the next batch on: " + ", ".join(changes)
        main.notify(visible(told), markup=False)
    elif not left:
        main.say("change lr, momentum, weight_decay, dropout or epochs first; A then applies it")


def stop(main: "Main") -> None:
    """Stops and keeps the results; a second time kills."""
    run = main.view.run
    if run is None or not main.view.is_training:
        return
    if main.view.stopping:
        kill(run)
    elif main.ask_trainer(do="stop"):
        main.view.stopping = True
        main.notify("stopping after this batch, keeping the results; s again kills", markup=False)


def fork(main: "Main") -> None:
    """Asks for a checkpoint of the shown run, and trains a copy on from it with these settings."""
    run = main.view.run
    if run is None:
        return
    notes = {_named(found.step, found.is_best): found.path.name for found in checkpoints(run)}
    if not notes:
        main.say(f"{run.id} has no checkpoint yet")
        return

    def chosen(name: str | None) -> None:
        if name:
            _begin(main, lambda: going_on.fork(run, notes[name], _changes(main, run)))

    title = "Fork: go on from a checkpoint with the settings on the screen"
    main.app.push_screen(Choose(title, list(notes), notes=notes), chosen)


def _named(step: int, is_best: bool) -> str:
    return f"step {step}" + (" (best)" if is_best else "")
