"""Augmentation as people write it, in a preset and on one line."""

import pytest

from tui_lab.errors import BadInput
from tui_lab.experiment.augmentation import Augmentation, Erase, Flip, Mixup, Noise, Rotate, Shift
from tui_lab.experiment.edits import augmentation, with_augmentation
from tui_lab.experiment.presets import load_preset, written
from tui_lab.experiment.steering import steered

DIGITS = load_preset("digits")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Shift 1, Rotate 10", (Shift(pixels=1.0), Rotate(degrees=10.0))),
        ("erase 0.3 p=0.2,flip", (Erase(share=0.3, p=0.2), Flip())),
        ("Noise: 0.5", (Noise(deviation=0.5),)),
        ("Mixup: {alpha: 1}, noise", (Mixup(alpha=1.0), Noise())),
        ("none", ()),
        ("", ()),
    ],
)
def test_it_is_typed_like_layers_and_reads_back(text, kinds):
    changed = with_augmentation(DIGITS, text)
    assert changed.augmentation == kinds
    assert with_augmentation(DIGITS, augmentation(changed)) == changed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shft", 'no augmentation "shft"; did you mean "Shift"?'),
        ("Shift,", "type augmentations, for example: Shift 0.5"),
        ("Shift 300", "pixels should be at most 100, not 300"),
        ("Rotate 0", "degrees should be more than 0, not 0"),
        ("Zoom 1", "factor should be more than 1, not 1"),
        ("Flip 1.5", "p should be at most 1"),
        ("Noise much", 'deviation should be a number, not the text "much"'),
        ("Mixup 0", "alpha should be at least 0.01, not 0"),
        (", ".join(["Noise"] * 21), "at most 20"),
    ],
)
def test_a_mistake_is_one_sentence(text, says):
    with pytest.raises(BadInput) as error:
        with_augmentation(DIGITS, text)
    assert says in str(error.value)
    assert len(str(error.value)) < 120


def test_a_preset_holds_it_only_if_there_is_any():
    assert "augmentation" not in written(DIGITS)
    assert "augmentation: [Rotate]" in written(with_augmentation(DIGITS, "rotate"))


def test_a_training_that_has_begun_can_not_change_it():
    with pytest.raises(BadInput, match="but not augmentation"):
        steered(DIGITS, ["augmentation=[Rotate]"])


def test_every_kind_has_a_default_for_each_of_its_settings():
    for kind in Augmentation.kinds().values():
        assert kind().written() == kind.__name__
