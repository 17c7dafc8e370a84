"""What is told of a batch is what training takes for the same batch."""

import io
import json
from pathlib import Path

import pytest
import torch
from tables import write_table
from told import train_run

from tui_lab.data.table import load
from tui_lab.experiment.advice import completed
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import load_preset
from tui_lab.training.batch import answer_lines, entering
from tui_lab.training.loop import Step
from tui_lab.training.session import assemble


def ask(*requests):
    replies = io.StringIO()
    lines = (json.dumps(request) + "\n" for request in requests)
    answer_lines(io.StringIO("".join(lines)), replies)
    return [json.loads(line) for line in replies.getvalue().splitlines()]


def question(experiment: Experiment, epoch: int = 1, batch: int = 1):
    return {"experiment": experiment.model_dump(mode="json"), "epoch": epoch, "batch": batch}


def taken(monkeypatch, new_run, *changes: str) -> list[tuple[torch.Tensor, ...]]:
    """All batches that the trainer gives the network, as they are."""
    found, step = [], Step.__call__

    def seen(self, *batch):
        found.append(batch)
        return step(self, *batch)

    monkeypatch.setattr(Step, "__call__", seen)
    run = new_run("6.3-augmentation", "training.epochs=2", "training.engine=autograd", *changes)
    train_run(run)
    return found


@pytest.mark.parametrize("changes", [(), ("augmentation=[Mixup]",), ("augmentation=[]",)])
def test_it_is_the_batch_that_the_trainer_takes(monkeypatch, new_run, changes):
    trained = taken(monkeypatch, new_run, *changes)
    experiment = load_preset("6.3-augmentation", changes)
    session = assemble(experiment, Path())
    for epoch in (1, 2):
        rows, _ = entering(session, epoch)
        for number, (start, stop) in enumerate(session.bounds):
            x, y = rows.batch(start, stop)[:2]
            other_x, other_y = trained[(epoch - 1) * 4 + number][:2]
            assert torch.equal(x, other_x)
            assert torch.equal(y, other_y)
            (reply,) = ask(question(experiment, epoch, number + 1))
            assert reply["x"]["shape"] == list(other_x.shape)
            assert reply["x"]["mean"] == pytest.approx(other_x.mean().item(), abs=1e-4)
            told = [sample["entering"] for sample in reply["samples"]]
            assert torch.allclose(torch.tensor(told), x[: len(told), 32:40], atol=1e-3)


def test_its_rows_are_those_of_the_table_before_and_after_scaling():
    experiment = load_preset("diabetes")
    table = load(experiment.dataset)
    session = assemble(experiment, Path())
    (reply,) = ask(question(experiment, 3, 2))
    for sample in reply["samples"]:
        row = table.features.iloc[sample["row"] - 1]
        assert [float(value) for value in sample["read"].values()] == pytest.approx(row.tolist())
        mean, deviation = session.saved.mean, session.saved.deviation
        scaled = [(v - m) / d for v, m, d in zip(row, mean, deviation, strict=True)]
        assert sample["scaled"] == pytest.approx(scaled, abs=1e-3)
        assert sample["entering"] == sample["scaled"]
        y = table.y[sample["row"] - 1]
        assert float(sample["target"]) == pytest.approx(y)
        scaled_y = (y - session.saved.target_mean) / session.saved.target_deviation
        assert sample["y"] == pytest.approx(scaled_y, abs=1e-3)


def test_the_last_batch_is_short_and_there_is_none_after_it():
    experiment = load_preset("6.3-augmentation")
    (reply,) = ask(question(experiment, batch=99))
    assert (reply["batch"], reply["batches"], reply["last_rows"]) == (4, 4, 4)
    assert reply["x"]["shape"] == [4, 64]


def test_with_shuffle_an_epoch_has_another_order_and_without_it_has_not():
    def rows(epoch: int, shuffle: str) -> list[int]:
        experiment = load_preset("iris", (f"dataset.shuffle={shuffle}",))
        return [sample["row"] for sample in ask(question(experiment, epoch))[0]["samples"]]

    assert rows(1, "true") != rows(2, "true")
    assert rows(1, "false") == rows(2, "false")


def test_pictures_come_before_and_after_on_one_scale():
    (reply,) = ask(question(load_preset("6.3-augmentation")))
    assert len(reply["pictures"]) == 8
    before, after = (torch.tensor(reply["pictures"][0][key]) for key in ("before", "after"))
    assert before.shape == after.shape == (8, 8)
    raw = load(load_preset("digits").dataset).features
    pixels = torch.tensor(raw.iloc[reply["samples"][0]["row"] - 1].to_numpy() / 16)
    assert torch.allclose(before.double().flatten(), pixels.double(), atol=1e-3)
    assert (before - after).abs().max() > 0.05


def test_mixed_rows_tell_of_the_other_target():
    experiment = load_preset("iris", ("augmentation=[{Mixup: 1}]",))
    samples = ask(question(experiment))[0]["samples"]
    assert {len(sample) for sample in samples} == {8}
    assert all(0.5 <= sample["share"] <= 1 for sample in samples)
    assert any(sample["other"] != sample["target"] for sample in samples)


def test_words_and_missing_values_are_there_as_in_the_table(tmp_path):
    data = write_table(tmp_path / "t.csv")
    (reply,) = ask(question(completed_on(data)))
    (sample, *_) = reply["samples"]
    assert set(sample["read"]) == set(load(Experiment.model_validate(data).dataset).features)
    assert len(sample["scaled"]) == len(reply["columns"])


def test_rows_of_a_file_are_told_by_their_lines(tmp_path):
    """Rows without a target are none of the table, but they are lines."""
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{'' if i % 2 else i % 3}\n" for i in range(2, 62)))
    data = {"dataset": {"csv": str(path), "target": "y"}}
    (reply,) = ask(question(completed_on(data)))
    assert reply["counted"] == "line"
    assert all(int(one["read"]["x"]) == one["row"] for one in reply["samples"])


def completed_on(data) -> Experiment:
    experiment = Experiment.model_validate(data)
    return completed(experiment, experiment.dataset.facts())


def test_what_is_wrong_is_a_sentence_and_the_next_question_is_answered():
    bad = load_preset("digits", ("layers=[{Linear: 7}]",))
    wrong, missing, right = ask(
        question(bad),
        question(load_preset("circles", ("augmentation=[Flip]",))),
        question(load_preset("digits")),
    )
    assert wrong == {"error": "the network gives 7 numbers, the data needs 10"}
    assert missing == {"error": "Flip changes pictures, but a row of this data is none"}
    assert right["batch"] == 1
