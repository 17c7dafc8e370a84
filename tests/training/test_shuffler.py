"""The order of the rows is what `torch.randperm` gives, however many are drawn at once."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.training.shuffler import ROWS_AHEAD, Shuffler

CPU = torch.device("cpu")
ROWS = st.sampled_from([1, 7, ROWS_AHEAD // 3, ROWS_AHEAD // 2, ROWS_AHEAD + 1])


@given(rows=ROWS, is_alone=st.booleans(), epochs=st.integers(1, 20))
def test_orders_are_those_of_randperm_and_a_place_leads_back_to_them(rows, is_alone, epochs):
    random = torch.Generator().manual_seed(3)
    shuffler, other = (Shuffler(rows, CPU, seed, is_alone=is_alone) for seed in (3, 0))
    other.order()
    for _ in range(epochs):
        place = shuffler.place
        assert torch.equal(place.reached(), random.get_state())
        wanted = torch.randperm(rows, generator=random)
        assert torch.equal(shuffler.order(), wanted)
        other.go_to(place.reached())
        assert torch.equal(other.order(), wanted)


def test_what_else_is_drawn_comes_between_the_orders():
    random, shuffler = torch.Generator().manual_seed(3), Shuffler(5, CPU, 3, is_alone=False)
    for _ in range(3):
        assert torch.equal(shuffler.order(), torch.randperm(5, generator=random))
        drawn = torch.rand(1, generator=random)
        assert torch.rand(1, generator=shuffler.random) == drawn


def test_it_begins_again():
    shuffler = Shuffler(4, CPU, 3, is_alone=True)
    first = [shuffler.order() for _ in range(3)]
    shuffler.restart(3)
    for order in first:
        assert torch.equal(shuffler.order(), order)
