"""Scripts, run by an interpreter without tui-lab, print the losses and tables of the trainings."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from script_cases import CASES, OWN
from told import train_run
from torch import nn

from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.layers import Layer
from tui_lab.experiment.losses import Loss
from tui_lab.experiment.optimizers import FUSED, Optimizer, Schedule
from tui_lab.experiment.presets import load_preset, shipped_presets
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.script_check import History, Losses, Tables, history_of, losses_in, tables_in
from tui_lab.script.plan import plan
from tui_lab.script.reading import source_of
from tui_lab.script.script import script
from tui_lab.script.words import NO_DEFAULT
from tui_lab.training.export import write

ONE_INTERPRETER = """
import contextlib, io, json, runpy, sys, traceback
sys.modules["tui_lab"] = None  # importing it fails
for path in sys.argv[1:]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            runpy.run_path(path, run_name="__main__")
        except Exception:
            traceback.print_exc(file=out)
    print(json.dumps(out.getvalue()))
"""
EPOCHS = 3
PRESETS = shipped_presets()


@dataclass(frozen=True)
class Both:
    """What a training and its script have told."""

    run: Run
    history: History
    text: str
    printed: str

    @property
    def losses(self) -> list[Losses]:
        return losses_in(self.printed.splitlines())

    @property
    def tables(self) -> Tables:
        return tables_in(line.strip() for line in self.printed.splitlines())


def experiments(folder) -> dict[str, Experiment]:
    """Every preset and every case, by name."""
    header, *rows = OWN.splitlines()
    (folder / "own.csv").write_text("\n".join([header, *(rows * 9)]))
    found = {name: load_preset(name, (f"training.epochs={EPOCHS}",)) for name in PRESETS}
    for name, case in CASES.items():
        data = {"training": {"epochs": EPOCHS, "seed": 5}} | case
        if "csv" in data["dataset"]:
            data["dataset"] = data["dataset"] | {"csv": str(folder / "own.csv")}
        found[name] = Experiment.model_validate(data)
    return found


def trained(experiment: Experiment, name: str) -> Run:
    """A run by whose name later ones can begin with its weights."""
    run = create_run(experiment, name)
    train_run(run)
    return run


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory) -> Iterator[dict[str, Both]]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("scripts")
        patch.setenv("TUI_LAB_HOME", str(folder / "home"))
        yield run_both(folder)


def run_both(folder) -> dict[str, Both]:
    """Trains everything, then runs all the scripts."""
    threads = torch.get_num_threads()
    runs, paths, texts = {}, [], {}
    for number, (name, experiment) in enumerate(experiments(folder).items()):
        runs[name] = trained(experiment, name)
        source, rows = source_of(experiment.dataset)
        whole = plan(experiment, experiment.dataset.facts(), source)
        paths.append(folder / f"{number}.py")
        texts[name] = script(whole)
        paths[-1].write_text(texts[name])
        paths[-1].with_suffix(".rows.csv").write_bytes(rows)
        if experiment.weights:
            write("initial", runs[name], paths[-1].with_suffix(".weights.pt"))
    torch.set_num_threads(threads)
    command = [sys.executable, "-I", "-c", ONE_INTERPRETER, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed = map(json.loads, done.stdout.splitlines())
    return {
        name: Both(runs[name], history_of(runs[name]), texts[name], out)
        for name, out in zip(runs, printed, strict=True)
    }


@pytest.mark.parametrize("name", [*PRESETS, *CASES])
def test_a_script_gives_the_losses_and_tables_of_its_training(all_of_them, name):
    both = all_of_them[name]
    assert both.history.losses, both.run.status()
    assert len(both.losses) == len(both.history.losses), both.printed
    close = 1e-6 if both.history.is_exact else 1e-5  # the other engines round otherwise
    for ours, theirs in zip(both.losses, both.history.losses, strict=True):
        assert ours == pytest.approx(theirs, rel=close, abs=close)
    for split, table in both.history.tables.items():
        for metric, value in table.items():
            if value is not None:
                assert both.tables[split][metric] == pytest.approx(value, rel=close, abs=close)


@pytest.mark.parametrize("name", ["early stopping", "min_delta"])
def test_a_script_stops_when_its_training_did(all_of_them, name):
    assert 2 < len(all_of_them[name].losses) < 9


def test_what_the_cases_are_for_is_in_their_scripts(all_of_them):
    parts = {
        "one row left for BatchNorm": "[:-1]", "many at once": ".split(559)",
        "own classes": 'dropna(subset=["kind"])', "own numbers": "np.nanmedian",
        "own words": "pd.get_dummies", "row layers": "OrderedDict", "all frozen": "no optimizer",
        "splits of one row": "if len(rows) > 1", "loaded layer": "strict=False",
        "loaded layer that learns slowly": '"lr": 0.1 * 0.01}', "all loaded": "(weights)",
        "loaded BatchNorm": "network[1] come from", "loaded and frozen BatchNorm": ".eval()",
    }  # fmt: skip
    for name, part in parts.items():
        assert part in all_of_them[name].text, name


@pytest.mark.parametrize("family", [Layer, Loss, Optimizer, Schedule])
def test_what_a_script_leaves_out_is_pytorchs_own_default(family):
    room = {Optimizer: torch.optim, Schedule: torch.optim.lr_scheduler}.get(family, nn)
    for name, kind in family.kinds().items():
        theirs = inspect.signature(getattr(room, name)).parameters
        ours = set(kind.model_fields) - {kind.first, *NO_DEFAULT}
        for field in ours & set(theirs):
            default = kind.model_fields[field].default
            assert default == theirs[field].default or kind.model_fields[field].is_required()


def test_the_optimizers_that_do_their_step_in_one_go_are_told():
    moving = [nn.Parameter(torch.zeros(1))]
    for name in Optimizer.kinds():
        assert ("fused" in inspect.signature(getattr(torch.optim, name)).parameters) == (
            name in FUSED
        )
    assert all(getattr(torch.optim, name)(moving, fused=True) for name in FUSED)
