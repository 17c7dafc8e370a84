"""Datasets made by a formula: seeded, balanced, and as noisy as the setting says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.data.prepare import prepare
from tui_lab.data.table import load
from tui_lab.experiment.catalogue import all_datasets
from tui_lab.experiment.generated import Gaussians, Spirals, generated_kinds

KINDS = generated_kinds()


def made(name, **settings):
    return KINDS[name](name=name, **settings)


def arrays(dataset):
    table = load(dataset)
    return np.column_stack([table.features.to_numpy(), table.y])


@given(name=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 2**63 - 1))
def test_the_same_seed_gives_the_same_points_and_another_seed_others(name, seed):
    points = arrays(made(name, rows=50, seed=seed))
    assert np.array_equal(points, arrays(made(name, rows=50, seed=seed)))
    assert not np.array_equal(points, arrays(made(name, rows=50, seed=seed ^ 1)))


@pytest.mark.parametrize("name", KINDS)
def test_the_noise_is_the_deviation_of_what_is_added(name):
    """The same seed draws the same points, so that what differs is the noise alone."""
    clean = arrays(made(name, rows=4000, noise=0.0))
    noisy = {noise: arrays(made(name, rows=4000, noise=noise)) - clean for noise in (0.1, 1.0)}
    columns = slice(0, -1) if made(name).class_count() else slice(-1, None)
    for noise, added in noisy.items():
        assert added[:, columns].std(axis=0) == pytest.approx(noise, rel=0.05)
        assert added[:, columns].mean(axis=0) == pytest.approx(0, abs=noise / 10)


SETTINGS = [
    *({"name": name} for name in KINDS if made(name).class_count()),
    *({"name": "spirals", "arms": arms} for arms in (3, 4, 5)),
    *({"name": "gaussians", "clouds": clouds} for clouds in (2, 10)),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("rows", [101, 1000])
def test_classes_are_of_equal_size_and_named_in_the_facts(settings, rows):
    table = load(made(**settings, rows=rows))
    sizes = np.bincount(table.y)
    assert len(sizes) == len(table.facts.classes)
    assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("dataset", all_datasets(), ids=lambda dataset: dataset.name)
def test_the_facts_known_beforehand_are_true_of_the_rows(dataset):
    facts, data = dataset.facts(), prepare(dataset)
    splits = (data.train, data.validation, data.test)
    assert sum(len(split.y) for split in splits) == facts.rows
    assert all(split.x.shape[1] == len(facts.columns) for split in splits)
    assert set(data.train.y) == set(range(len(facts.classes))) or not facts.classes


def nearest_neighbour_accuracy(dataset):
    """How well the classes can be told apart at all, without training anything."""
    data = prepare(dataset)
    far = ((data.test.x[:, None] - data.train.x[None]) ** 2).sum(axis=2)
    return (data.train.y[far.argmin(axis=1)] == data.test.y).mean()


@pytest.mark.parametrize("arms", [2, 3, 4, 5])
def test_spirals_can_be_told_apart_but_not_by_lines(arms):
    dataset = Spirals(name="spirals", arms=arms)
    assert nearest_neighbour_accuracy(dataset) >= 0.95
    data = prepare(dataset)
    x = np.column_stack([data.train.x, np.ones(len(data.train.y))])
    lines = np.linalg.lstsq(x, np.eye(arms)[data.train.y], rcond=None)[0]
    assert ((x @ lines).argmax(axis=1) == data.train.y).mean() < 0.75


def test_more_noise_makes_classes_harder_to_tell_apart():
    accuracy = [
        nearest_neighbour_accuracy(Gaussians(name="gaussians", noise=noise))
        for noise in (0.0, 0.5, 1.0, 2.0, 10.0)
    ]
    assert accuracy == sorted(accuracy, reverse=True)
    assert accuracy[0] == 1.0
