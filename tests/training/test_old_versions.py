"""Runs of every version so far are gone on with, and their numbers stay what they were."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from told import events, state, train_run

from tui_lab.experiment.advice import network_of
from tui_lab.runs.checkpoints import checkpoints
from tui_lab.runs.run import Run
from tui_lab.training.network import build
from tui_lab.training.tensor_file import read_tensors

OLD = sorted(Path(__file__).with_name("old").iterdir())


@pytest.mark.parametrize("folder", OLD, ids=lambda folder: folder.name)
def test_a_checkpoint_gives_the_same_outputs_and_is_gone_on_with(tmp_path, folder):
    run = Run(shutil.copytree(folder, tmp_path / "run"))
    tensors, _ = read_tensors(checkpoints(run)[0].path)
    experiment = run.experiment
    network = build(network_of(experiment, experiment.dataset.facts()))
    start = "network."
    weights = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
    network.load_state_dict(weights)
    expected = json.loads(run.file("expected.json").read_text())
    with torch.no_grad():
        outputs = network(torch.tensor(expected["rows"]))
    assert torch.allclose(outputs, torch.tensor(expected["outputs"]), atol=1e-6)

    done = len(events(run, "epoch"))
    run.ask(do="resume", changes=[f"training.epochs={done + 2}"], force=True)
    train_run(run)
    assert (state(run), len(events(run, "epoch"))) == ("finished", done + 2)
