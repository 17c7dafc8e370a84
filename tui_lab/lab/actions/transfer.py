"""Taking a trained network over: which run's, up to which layer, and what of it still learns."""

from typing import TYPE_CHECKING

from tui_lab.errors import BadInput, visible
from tui_lab.experiment.dataset import Facts
from tui_lab.experiment.edits import written_layer
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.transfer import before_the_head, taken_over
from tui_lab.lab.screens.ask import Ask
from tui_lab.lab.screens.choose import Choose
from tui_lab.runs.run import Run, all_runs

if TYPE_CHECKING:
    from tui_lab.lab.screens.main import Main

ANSWERS = {
    "a": "all: only the new last layer learns",
    "n": "none: all layers go on learning",
    "s": "some: z freezes the layer that you are on",
}


def choose_run(main: "Main") -> None:
    """Asks for a run that has weights, then for the layers to keep, then what to freeze."""
    facts = main.facts
    runs = {run.id: run for run in all_runs() if run.file("weights.safetensors").is_file()}
    if facts is None or not runs:
        main.say("there is no run with weights yet: t trains one" if facts else main.wrong[0])
        return
    notes = {name: _note(run) for name, run in runs.items()}

    def chosen(name: str | None) -> None:
        if name:
            _choose_layers(main, facts, runs[name])

    choose = Choose("Take the network of a run", list(runs), notes=notes)
    main.app.push_screen(choose, chosen)


def _note(run: Run) -> str:
    status = run.status()
    return f"{status['state']}, {status.get('name', '')}"


def _choose_layers(main: "Main", facts: Facts, run: Run) -> None:
    try:
        layers = run.experiment.layers or ()
    except BadInput as error:
        main.say(str(error))
        return
    if not layers:
        main.say(f"{run.id} has no layers")
        return
    options = [f"{place} {written_layer(layer)}" for place, layer in enumerate(layers, start=1)]

    def chosen(option: str | None) -> None:
        if option:
            _ask_frozen(main, facts, run, layers[: options.index(option) + 1])

    current = options[before_the_head(layers) - 1]
    main.app.push_screen(Choose("Keep the layers up to", options, current), chosen)


def _ask_frozen(main: "Main", facts: Facts, run: Run, kept: tuple[Layer, ...]) -> None:
    def answered(answer: str | None) -> None:
        if answer:
            main.become(taken_over(main.experiment, facts, run.id, kept, frozen=answer == "a"))
            main.action_go("network")

    layers = f"the {len(kept)} layers" if len(kept) > 1 else "the layer"
    question = f"Freeze {layers} of {visible(run.id)}?"
    main.app.push_screen(Ask(question, ANSWERS), answered)
