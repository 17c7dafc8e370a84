"""The keys of the main screen: for each what it does, its name, and its id for the keymap."""

from typing import Any

from textual.binding import Binding


def _key(keys: str, action: str, id: str, name: str, tooltip: str = "", **more: Any) -> Binding:
    return Binding(keys, action, name, tooltip=tooltip, id=f"main.{id}", **more)


def _hidden(keys: str, action: str, id: str, name: str) -> Binding:
    """A key that the footer has no room for; the palette and the help know it."""
    return _key(keys, action, id, name, show=False)


KEYS = [
    _key("t", "do('training', 'start')", "train", "Train"),
    _key("space", "do('training', 'pause')", "pause", "Pause", "Pause, or go on"),
    _key("R", "do('training', 'go_on')", "go_on", "Go on", "Go on with the ended run"),
    _key("n", "do('training', 'step', 'batch')", "step_batch", "Batch", "Train one batch"),
    _hidden("N", "do('training', 'step', 'epoch')", "step_epoch", "Train one epoch"),
    _key("A", "do('training', 'apply')", "apply", "Apply", "Give the settings to the training"),
    _hidden("F", "do('training', 'fork')", "fork", "Fork the run from a checkpoint"),
    _key("s", "do('training', 'stop')", "stop", "Stop"),
    _hidden("f", "fix", "fix", "Do what the advice says"),
    _key("x", "do('weights', 'ask_and_export')", "export", "Export", "Export the run"),
    _hidden("i", "do('try_row', 'try_row')", "try", "Try the network on a row"),
    _hidden("b", "do('dataset', 'choose_dataset')", "dataset", "Take another dataset"),
    _hidden("e", "do('dataset', 'look')", "look", "Look at the data"),
    _hidden("B", "do('batch', 'look')", "batch", "Look at a batch as it enters"),
    _hidden("T", "do('transfer', 'choose_run')", "transfer", "Take a run's network over"),
    _hidden("o", "do('presets', 'choose_preset')", "open", "Open a preset"),
    _hidden("w", "do('presets', 'ask_and_save')", "save", "Save as a preset"),
    _key("r", "do('runs', 'choose_run')", "runs", "Runs", "Find, open and compare runs"),
    _hidden("S", "do('sweep', 'look')", "sweep", "Sweep: try many settings"),
    _hidden("u", "undo", "undo", "Undo"),
    _hidden("U,ctrl+r", "redo", "redo", "Redo"),
    _hidden("1", "go('data')", "data", "Go to the data"),
    _hidden("2", "go('network')", "network", "Go to the network"),
    _hidden("3", "go('settings')", "settings", "Go to the hyperparameters"),
    _hidden("4", "go('curves')", "curves", "Go to the curves"),
    _hidden("5", "go('results')", "results", "Go to the results"),
    _hidden("6", "do('code', 'switch_code')", "code", "The code, and back"),
    _key("question_mark", "help", "help", "Help"),
    _key("q", "app.leave", "quit", "Quit"),
]
