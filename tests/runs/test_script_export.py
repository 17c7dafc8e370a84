"""Taking a script out of a run: it is checked against the run first, and nothing is lost by it."""

import json
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner
from processes import has_ended, wait_for
from untrained import untrained

from tui_lab.cli import main
from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset
from tui_lab.runs import script as script_of
from tui_lab.runs import script_check
from tui_lab.runs.export import export
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.script_check import Differs, History, check, history_of
from tui_lab.runs.weights_file import tensors_in

PRINTS = """
epoch 1: train loss 0.5, validation loss 0.600000001
epoch 2: train loss 0.4, validation loss 0.5
weights of epoch 2, the best on validation:
        train  validation  test
loss      0.4         0.5  0.55
f1          1           1     1
"""
TABLES = {name: {"loss": loss} for name, loss in [("train", 0.4), ("validation", 0.5)]}


@pytest.fixture
def printing(tmp_path: Path):
    def written(text: str, code: str = "") -> Path:
        path = tmp_path / "s.py"
        path.write_text(f"print({text.strip()!r}, flush=True)\n{textwrap.dedent(code)}")
        return path

    return written


def history(losses=((0.5, 0.6), (0.4, 0.5)), device="cpu", changes=(), tables=TABLES) -> History:
    return History(device, 1, list(losses), list(changes), tables)


def test_equal_numbers_are_told(printing):
    said = check(printing(PRINTS), history())
    assert said == "its losses in all 2 epochs are those of the run, and so are its tables"


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (history([(0.5, 0.6), (0.4, 0.5001)]), "validation loss of epoch 2 is 0.5 where the run"),
        (history([(0.5, 0.6), (0.41, 0.5)]), "its train loss of epoch 2 is 0.4"),
        (history([(0.5, 0.6)]), "the run has 1 epochs, the script 2"),
        (history(tables={"train": {"f1": 0.9}}), "its f1 on the train rows is 1"),
        (history(tables={"test": {"mae": 0.9}}), "its mae on the test rows is None"),
    ],
)
def test_other_numbers_are_named(printing, other, says):
    with pytest.raises(Differs, match=says):
        check(printing(PRINTS), other)


def test_a_script_that_fails_is_told_by_its_last_line(printing):
    with pytest.raises(Differs, match=r"the script fails: ValueError: oh no$"):
        check(printing(PRINTS, "raise ValueError('oh no')"), history())


FOREVER = """
    import time
    while True:
        time.sleep(1)
"""


def test_a_script_of_a_run_that_did_not_end_runs_no_longer_than_the_run(printing):
    said = check(printing(PRINTS, FOREVER), history(tables={}))
    assert said == "its losses in all 2 epochs are those of the run"


def test_a_script_of_another_device_runs_an_epoch(printing):
    said = check(printing(PRINTS, FOREVER), history([], device="cuda:0", tables={}))
    assert said == "it runs, but can't give equal losses, because the run trained on cuda:0"


def test_a_long_script_is_compared_as_far_as_it_comes(printing, monkeypatch):
    monkeypatch.setattr(script_check, "BUDGET_SECONDS", 1.0)
    many = history([(0.5, 0.6), (0.4, 0.5), (0.3, 0.4)])
    said = check(printing(PRINTS, FOREVER), many)
    assert said == "its losses in the first 2 of 3 epochs are those of the run"
    said = check(printing("reading", FOREVER), many)
    assert said == "its first epoch takes longer than 1 s, so it wasn't checked"


def told_run(*more: dict, epochs: int = 3) -> Run:
    """A run of digits with a batch an epoch, whose events are these."""
    run = create_run(load_preset("digits"), "digits")
    losses = [{"event": "epoch", "epoch": i, "train": {"loss": 1 / i}, "validation": {"loss": i}}
              for i in range(1, epochs + 1)]  # fmt: skip
    events = [{"event": "started", "device": "cpu", "threads": 1, "batches": 40}, *losses, *more]
    run.file("events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return run


def test_epochs_after_a_change_can_not_be_compared():
    changed = {"event": "changed", "epoch": 2, "step": 80, "changes": ["optimizer.lr=0.01"]}
    found = history_of(told_run(changed))
    assert found.losses == [(1.0, 1), (0.5, 2)]
    assert found.changes == ["step 80: optimizer.lr=0.01"]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "started", "device": "cpu", "threads": "1)\nimport os", "batches": 1},
        {"event": "changed", "changes": ["optimizer.lr=0.01"]},
        {"event": "epoch", "epoch": 1, "train": None, "validation": {}},
    ],
)
def test_events_that_make_no_sense_are_refused(event):
    run = create_run(load_preset("digits"), "digits")
    begun = {"event": "started", "device": "cpu", "threads": 1, "batches": 40}
    events = [event, begun] if event["event"] == "started" else [begun, event]
    run.file("events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    with pytest.raises(BadInput, match=r"events\.jsonl: doesn't tell how a training went"):
        history_of(run)


@pytest.fixture
def unchecked(monkeypatch):
    """Scripts are written as if the check had found nothing to say against them."""
    monkeypatch.setattr(script_of, "check", lambda path, history: history.changed)


def test_the_head_says_what_was_changed_while_the_run_trained(unchecked, tmp_path):
    changed = {"event": "changed", "epoch": 0, "step": 7, "changes": ["optimizer.lr=1\nimport os"]}
    said = export(told_run(changed), "script", tmp_path / "s.py")
    assert said.isprintable()
    head = (tmp_path / "s.py").read_text().partition("import copy")[0]
    assert "up to the first change" in " ".join(head.replace("#", " ").split())
    assert "# Not in here: what was changed while the run trained (step 7: optimizer.lr=1" in head
    assert all(line.startswith("#") for line in head.splitlines() if line)


def test_the_head_says_which_run_it_is_and_what_to_install(unchecked, tmp_path):
    run = told_run()
    export(run, "script", tmp_path / "s.py")
    head = (tmp_path / "s.py").read_text().partition("import copy")[0]
    assert run.id in head
    assert "pip install numpy pandas torch torchmetrics" in head
    assert "Read handwritten digits" in head


def test_the_rows_never_replace_another_file(unchecked, tmp_path):
    mine = tmp_path / "s.rows.csv"
    mine.write_text("my,own\n1,2\n")
    with pytest.raises(
        BadInput, match=r"s\.rows\.csv\" is there already, and the script needs that"
    ):
        export(told_run(), "script", tmp_path / "s.py")
    with pytest.raises(BadInput, match=r"a script should end in \.py, not \"s\.rows\.csv\""):
        export(told_run(), "script", mine)
    assert mine.read_text() == "my,own\n1,2\n"
    assert [path.name for path in tmp_path.glob("s.*")] == ["s.rows.csv"]
    mine.unlink()
    for _ in range(2):
        export(told_run(), "script", tmp_path / "s.py")
    assert mine.read_text().startswith("pixel_0_0,")


def test_a_script_that_differs_is_not_written(monkeypatch, tmp_path):
    def differs(path, history):
        raise Differs("it differs")

    monkeypatch.setattr(script_of, "check", differs)
    run, target = told_run(), tmp_path / "s.py"
    done = CliRunner().invoke(main, ["export", run.id, "--format", "script", "-o", str(target)])
    assert done.exit_code == 1
    assert done.stderr == "tui-lab: it differs\n"
    assert not list(tmp_path.glob("s.*"))


def transferred(*changes: str) -> Run:
    """A run that takes a layer of another one over."""
    untrained("iris")
    return create_run(load_preset("iris", ("weights={from: iris, layers: 1}", *changes)), "next")


def test_a_run_leaves_as_a_script_that_does_the_same(begin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = transferred("training.epochs=4", "weights.lr_factor=0.1")
    begin(run)
    wait_for(lambda: has_ended(run))
    done = CliRunner().invoke(main, ["export", "last", "--format", "script"])
    said = "its losses in all 4 epochs are those of the run, and so are its tables"
    assert done.stdout == f"wrote {run.id}.py; {said}\n", done.stderr
    assert {path.name for path in tmp_path.glob("next*")} == {
        f"{run.id}.py", f"{run.id}.rows.csv", f"{run.id}.weights.pt",
    }  # fmt: skip
    assert "tui_lab" not in (tmp_path / f"{run.id}.py").read_text()
    assert set(tensors_in(tmp_path / f"{run.id}.weights.pt")) == {"0.weight", "0.bias"}


@pytest.fixture
def _no_process(monkeypatch):
    """The weights are read in this process, as the other one reads them."""
    from tui_lab.training.export import write

    monkeypatch.setattr(
        script_of, "work", lambda _, kind, folder, path: write(kind, Run(folder), path)
    )


@pytest.mark.usefixtures("unchecked", "_no_process")
def test_the_first_weights_never_replace_another_file(tmp_path):
    run, mine = transferred(), tmp_path / "s.weights.pt"
    mine.write_bytes(b"my own")
    with pytest.raises(
        BadInput, match=r"s\.weights\.pt\" is there already, .* that name for its weights"
    ):
        export(run, "script", tmp_path / "s.py")
    with pytest.raises(BadInput, match=r"not \"s\.weights\.pt\": its weights get that name"):
        export(run, "script", mine)
    assert mine.read_bytes() == b"my own"
    assert [path.name for path in tmp_path.glob("s.*")] == ["s.weights.pt"]
    mine.unlink()
    for _ in range(2):
        export(run, "script", tmp_path / "s.py")
    assert len(tensors_in(mine)) == 2


@pytest.mark.usefixtures("unchecked", "_no_process")
def test_first_weights_that_are_damaged_are_refused_and_nothing_is_written(tmp_path):
    run = transferred()
    run.file("initial.safetensors").write_bytes(b"no weights")
    with pytest.raises(BadInput, match=r"initial\.safetensors: is damaged"):
        export(run, "script", tmp_path / "s.py")
    assert list(tmp_path.glob("s.*")) == []


@pytest.mark.usefixtures("unchecked", "_no_process")
@pytest.mark.parametrize(
    "name", ["last", "", "x" * 9000, "\x1b[2J\nimport os"], ids=["last", "none", "long", "hostile"]
)
def test_where_weights_came_from_is_a_comment_whatever_the_status_says(tmp_path, name):
    run = transferred()
    run.file("status.json").write_text(json.dumps({"state": "finished", "weights_from": name}))
    export(run, "script", tmp_path / "s.py")
    lines = (tmp_path / "s.py").read_text().splitlines()
    (start,) = [i for i, line in enumerate(lines) if line.startswith("# The weights of network[0]")]
    end = lines.index(
        'weights = torch.load(Path(__file__).with_suffix(".weights.pt"), weights_only=True)'
    )
    assert all(line.startswith("# ") and line.isprintable() for line in lines[start:end])
