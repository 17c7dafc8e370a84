"""Augmentation: what each kind does, what it leaves alone, and what it is worth."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tui_lab.experiment.augmentation import (
    Augmentation,
    Erase,
    Flip,
    Mixup,
    Noise,
    Rotate,
    Shift,
    Zoom,
    in_steps,
)
from tui_lab.experiment.experiment import Experiment
from tui_lab.experiment.presets import load_preset
from tui_lab.training import effects
from tui_lab.training.augment import Augment
from tui_lab.training.best import Best
from tui_lab.training.loop import MixedRows, Rows, Step, epoch
from tui_lab.training.session import Session, assemble

ALL = [kind() for kind in Augmentation.kinds().values()]
BACKGROUND = torch.tensor(-0.75)
PICTURE = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]).reshape(1, 1, 3, 3)


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def augmented(kinds, x: torch.Tensor, seed: int = 0, batch_size: int = 4) -> torch.Tensor:
    picture = tuple(x.shape[1:]) if x.dim() == 4 else None
    rows = Rows(x, torch.zeros(len(x), dtype=torch.long))
    return Augment(tuple(kinds), picture, BACKGROUND, batch_size)(rows, drawn(seed)).x


def look(a: float, b: float, x: float, c: float, d: float, y: float) -> torch.Tensor:
    return torch.tensor([[[a, b, x], [c, d, y], [0.0, 0.0, 1.0]]])


def session(*changes: str, preset: str = "digits") -> Session:
    return assemble(load_preset(preset, changes), Path("nowhere"))


# What the kinds do


def test_a_matrix_leads_from_each_pixel_to_where_it_comes_from():
    right = effects.moved(PICTURE, look(1, 0, -2 / 3, 0, 1, 0), BACKGROUND)  # a pixel is 2/3
    expected = torch.tensor([[-0.75, 1.0, 2.0], [-0.75, 4.0, 5.0], [-0.75, 7.0, 8.0]])
    assert torch.allclose(right[0, 0], expected, atol=1e-5)
    turned = effects.moved(PICTURE, look(0, -1, 0, 1, 0, 0), BACKGROUND)
    assert torch.allclose(turned[0, 0], PICTURE[0, 0].rot90(1), atol=1e-5)


def test_matrices_are_made_in_their_order():
    """Each look alone, one after the other, gives the same as both at once."""
    shift, turn = look(1, 0, -2 / 3, 0, 1, 0), look(0, -1, 0, 1, 0, 0)
    for first, second in ((shift, turn), (turn, shift)):
        apart = effects.moved(effects.moved(PICTURE, first, BACKGROUND), second, BACKGROUND)
        at_once = effects.moved(PICTURE, first @ second, BACKGROUND)
        assert torch.allclose(at_once, apart, atol=1e-5)


def test_pictures_move_as_far_as_asked_and_no_further():
    x = torch.zeros(500, 1, 21, 31)
    shifts = effects.shift(x, drawn(), pixels=2)
    pixels = shifts[:, :2, 2] * torch.tensor([31.0, 21.0]) / 2
    assert pixels.abs().max() <= 2
    assert pixels.abs().amax(0).min() > 1.9
    turns = effects.rotate(x, drawn(), degrees=30)
    angles = torch.rad2deg(torch.atan2(turns[:, 1, 0] * 21 / 31, turns[:, 0, 0]))
    assert angles.abs().max() <= 30.001
    assert angles.min() < -29
    sizes = effects.zoom(x, drawn(), factor=1.5)[:, 0, 0]
    assert sizes.min() >= 1 / 1.5 - 1e-6
    assert 1.49 < sizes.max() <= 1.5 + 1e-6


def test_a_turned_picture_that_is_not_square_keeps_its_proportions():
    x = torch.zeros(1, 1, 21, 31)
    x[0, 0, 9:12, 5:26] = 1.0  # a bar of 3x21 pixels
    quarter = look(0, -21 / 31, 0, 31 / 21, 0, 0)
    (found,) = effects.rotate(x, drawn(), degrees=90)
    assert found[0, 1] / found[1, 0] == pytest.approx(quarter[0, 0, 1] / quarter[0, 1, 0])
    bar = effects.moved(x, quarter, torch.tensor(0.0))[0, 0] > 0.5
    assert (bar.any(1).sum(), bar.any(0).sum()) == (21, 3)


@pytest.mark.parametrize("kind", [Shift(pixels=2), Rotate(degrees=90), Zoom(factor=2), Erase()])
def test_what_comes_in_is_background_and_not_the_mean(kind):
    full = torch.full((200, 2, 8, 8), 1.0)
    found = augmented([kind], full)
    assert found.min() == pytest.approx(BACKGROUND.item(), abs=1e-5)
    empty = torch.full((200, 2, 8, 8), BACKGROUND.item())
    assert torch.equal(augmented([kind], empty), empty)


@pytest.mark.parametrize("scale", ["true", "false"])
def test_background_is_what_an_empty_pixel_became(scale):
    found = session(f"dataset.scale={scale}", "augmentation=[Rotate]")
    corner = found.rows["train"].x[:, 0]  # a digit's upper left pixel, which is always empty
    assert corner.unique().item() == found.augment.background.item()


def test_a_flip_swaps_left_and_right_of_some():
    x = PICTURE.repeat(400, 1, 1, 1)
    found = augmented([Flip(p=0.25)], x)
    swapped = (found == x.flip(-1)).flatten(1).all(1)
    assert ((found == x).flatten(1).all(1) | swapped).all()
    assert 60 < swapped.sum() < 140


def test_a_part_of_its_share_is_erased():
    found = augmented([Erase(share=0.5, p=0.5)], torch.ones(400, 1, 8, 6))
    counts = (found == BACKGROUND).sum((1, 2, 3))
    assert set(counts.tolist()) == {0, 4 * 3}
    assert 150 < (counts > 0).sum() < 250
    assert (found != 1).any(0).all()  # wherever in the picture


def test_noise_has_its_deviation():
    noise = augmented([Noise(deviation=0.3)], torch.zeros(500, 40))
    assert noise.std().item() == pytest.approx(0.3, abs=0.01)
    assert abs(noise.mean().item()) < 0.01


def test_mixed_rows_are_mostly_themselves_and_one_batch_has_one_share():
    x, y = torch.eye(10), torch.arange(10)
    rows = Augment((Mixup(alpha=1),), None, BACKGROUND, 4)(Rows(x, y), drawn())
    assert isinstance(rows, MixedRows)
    assert rows.shares.shape == (3,)
    assert rows.shares.min() >= 0.5
    for start, stop in ((0, 4), (4, 8), (8, 10)):
        mixed_x, own, mixed = rows.batch(start, stop)
        expected = mixed.share * x[own] + (1 - mixed.share) * x[mixed.y]
        assert torch.allclose(mixed_x, expected)
    assert torch.equal(rows.y, y)


def test_the_loss_of_a_mixed_batch_is_the_mixture_of_both_losses():
    torch.manual_seed(0)
    network, loss = nn.Linear(5, 3), nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))
    rows = Rows(torch.randn(6, 5), torch.tensor([0, 1, 2, 0, 1, 2]))
    x, y, mixed = Augment((Mixup(alpha=1),), None, BACKGROUND, 6)(rows, drawn(3)).batch(0, 6)
    found, outputs = Step(network, loss, None)(x, y, mixed)
    share = mixed.share.item()
    assert 0.5 < share < 0.99
    expected = share * loss(outputs, y) + (1 - share) * loss(outputs, mixed.y)
    assert torch.allclose(found, expected)


# What they leave alone


def test_steps_join_only_what_moves():
    shift, turn, noise = Shift(), Rotate(), Noise()
    assert in_steps([shift, turn, noise, noise, turn]) == [
        (shift, turn), (noise,), (noise,), (turn,),
    ]  # fmt: skip
    assert in_steps([]) == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(ALL), min_size=1, max_size=5, unique=True), st.booleans())
def test_only_what_enters_in_training_is_changed(kinds, conv):
    """Validation, test and the training rows themselves stay as they are without augmentation."""
    layers = [{"Conv2d": 2}, "Flatten", {"Linear": 10}] if conv else [{"Linear": 10}]
    data = {"dataset": {"name": "digits", "rows": [1, 200]}, "layers": layers}
    plain = assemble(Experiment.model_validate(data), Path("nowhere"))
    found = assemble(
        Experiment.model_validate(data).replace(augmentation=tuple(kinds)), Path("nowhere")
    )
    entering = found.rows_in_order()
    assert entering.x.shape == plain.rows["train"].x.shape
    assert entering.x.isfinite().all()
    assert torch.equal(entering.y, plain.rows_in_order().targets(len(entering.y)))
    assert found.data_sha256 == plain.data_sha256
    for name, rows in plain.rows.items():
        assert torch.equal(rows.x, found.rows[name].x)
        assert torch.equal(rows.y, found.rows[name].y)


def test_every_epoch_is_augmented_anew_and_the_seed_decides_how():
    first, again = session("augmentation=[Rotate]"), session("augmentation=[Rotate]")
    other = session("augmentation=[Rotate]", "training.seed=1")
    epochs = [first.rows_in_order().x for _ in range(2)]
    assert torch.equal(again.rows_in_order().x, epochs[0])
    fixed = session("augmentation=[Rotate]", "dataset.shuffle=false")
    one, two = fixed.rows_in_order(), fixed.rows_in_order()
    assert torch.equal(one.y, two.y)
    assert not torch.equal(one.x, two.x)
    assert not torch.equal(other.rows_in_order().x, epochs[0])


# What they are worth


def test_a_hundred_digits_teach_more_when_they_are_augmented():
    """The mean test accuracy of the shipped presets, over five seeds of rows and weights."""
    names = ("6.3-unaugmented", "6.3-augmentation")
    plain, more = (sum(accuracy_of(name, seed) for seed in range(5)) / 5 for name in names)
    assert more > plain + 0.015


def accuracy_of(preset: str, seed: int) -> float:
    """The test accuracy of the weights of the best epoch, trained without a run directory."""
    found = session(f"training.seed={seed}", f"dataset.seed={seed}", preset=preset)
    best = Best(None)
    for number in range(1, found.experiment.training.epochs + 1):
        for _ in epoch(found.step, found.rows_in_order(), found.bounds, found.seen):
            pass
        best.keep(number, found.validated()["loss"], found.engine)
    best.restore(found.network)
    return found.table("test")["accuracy"]
