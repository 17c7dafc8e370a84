"""TensorBoard finds the curves and the settings in the exported folder."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from told import events

from tui_lab.errors import BadInput, Failure
from tui_lab.training import event_file
from tui_lab.training.event_file import NAME
from tui_lab.training.export import write


def test_every_epoch_of_every_curve_is_there(train, tmp_path):
    run = train("iris", "training.epochs=4")
    write("tensorboard", run, tmp_path / "board")
    write("tensorboard", run, tmp_path / "board")
    found = EventAccumulator(str(tmp_path / "board"))
    found.Reload()
    assert set(found.Tags()["scalars"]) == {
        "lr", "loss/train", "loss/validation", "accuracy/train", "accuracy/validation",
    }  # fmt: skip
    given = [(event.step, event.value) for event in found.Scalars("loss/validation")]
    told = [(e["epoch"], e["validation"]["loss"]) for e in events(run, "epoch")]
    assert given == [(epoch, pytest.approx(loss, rel=1e-6)) for epoch, loss in told]
    (text,) = found.Tensors("experiment/text_summary")
    assert b"optimizer:" in text.tensor_proto.string_val[0]


def test_nothing_is_left_behind_when_it_differs_or_there_is_nothing(train, tmp_path, monkeypatch):
    run = train("iris", "training.epochs=1")
    real = event_file._summarise

    def other(rows, settings, folder):
        real([{**row, "lr": 7.0} for row in rows], settings, folder)

    monkeypatch.setattr(event_file, "_summarise", other)
    with pytest.raises(Failure, match="lr differs"):
        write("tensorboard", run, tmp_path / "board")
    run.file("events.jsonl").write_text("")
    with pytest.raises(BadInput, match="no curves"):
        write("tensorboard", run, tmp_path / "board")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_file_in_the_way_stays(train, tmp_path):
    run = train("iris", "training.epochs=1")
    (tmp_path / "board").write_text("mine")
    with pytest.raises(BadInput, match="can't write"):
        write("tensorboard", run, tmp_path / "board")
    (tmp_path / "folder" / NAME).mkdir(parents=True)
    with pytest.raises(BadInput, match="can't write"):
        write("tensorboard", run, tmp_path / "folder")
    assert (tmp_path / "board").read_text() == "mine"
