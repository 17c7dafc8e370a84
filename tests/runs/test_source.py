"""Where a run's first weights come from, and that it then needs nothing else."""

import os
import time

import pytest
from processes import new_run
from untrained import untrained

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset
from tui_lab.experiment.weights import Weights
from tui_lab.home import home
from tui_lab.runs.run import Run, create_run
from tui_lab.runs.source import find_source, initial_file


def found(name: str) -> str:
    return find_source(Weights.model_validate({"from": name})).name


def refusal(name: str) -> str:
    with pytest.raises(BadInput) as caught:
        found(name)
    assert str(caught.value).isprintable()
    return str(caught.value)


def with_weights(name: str, started: float) -> Run:
    run = untrained("iris")
    run.file("status.json").write_text(f'{{"name": "{name}", "started": {started}}}')
    return run


def test_a_run_is_found_by_its_id_by_its_name_and_as_the_last():
    old, new, other = (with_weights(*about) for about in (("mine", 1), ("mine", 2), ("other", 3)))
    assert found(old.id) == old.id
    assert found("mine") == new.id
    assert found("last") == other.id
    new.file("weights.safetensors").unlink()
    assert found("mine") == old.id


def test_a_run_that_is_not_there_or_has_no_weights_is_a_sentence():
    assert refusal("5.4b-source").endswith("tui-lab train 5.4b-source makes it")
    assert refusal("last").startswith('there is no run "last"')
    run = new_run()
    run.file("status.json").write_text('{"state": "failed"}')
    assert refusal(run.id) == 'the run "iris-1" has no weights; it is failed'
    assert refusal("iris-2").endswith('did you mean "iris-1"?')
    assert refusal("weights.bin").endswith("a file must end in .safetensors, .pt, .pth")
    assert "\\x1b" in refusal("\x1b[2J")


def begun(*changes: str) -> Run:
    return create_run(load_preset("iris", changes), "next")


def test_a_run_keeps_its_own_copy_when_the_other_is_deleted():
    source = untrained("iris")
    content = source.file("weights.safetensors").read_bytes()
    run = begun("weights.from=iris", "weights.layers=2")
    source.file("weights.safetensors").unlink()
    assert initial_file(run.folder).read_bytes() == content
    assert run.experiment.weights.from_ == "iris"
    assert run.status()["weights_from"] == source.id


def test_a_file_is_copied_too_by_a_path_from_where_the_program_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.PTH").write_bytes(b"torch reads this")
    run = begun("weights.from=mine.PTH")
    assert run.file("initial.pt").read_bytes() == b"torch reads this"
    assert run.status()["weights_from"] == str(tmp_path / "mine.PTH")


def test_a_preset_names_a_file_beside_itself(tmp_path):
    (tmp_path / "p.yaml").write_text("dataset: {name: iris}\nweights: {from: w.pt}\n")
    assert load_preset(tmp_path / "p.yaml").weights.from_ == str(tmp_path / "w.pt")


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_without_the_weights_no_run_is_made(tmp_path, kind):
    path, begin = tmp_path / "w.safetensors", time.monotonic()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(BadInput):
        begun(f"weights.from={path}")
    assert list((home() / "runs").glob("*")) == []
    assert time.monotonic() - begin < 10
