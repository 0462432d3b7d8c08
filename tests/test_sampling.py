from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.training.sampling import ORDERS, Order, batch_count, batches
from strategies import drawn_cases

counts = st.integers(1, 50)
seeds = st.integers(0, 2**64 - 1)


def drawn(n: int, batch_size: int, order: Order, seed: int = 0, epoch: int = 0, first: int = 0) -> list[list[int]]:
    """The sample numbers of each batch."""
    return [np.arange(n)[indices].tolist() for indices in batches(n, batch_size, order, seed, epoch=epoch, first=first)]


@drawn_cases
@given(n=counts, batch_size=counts, order=st.sampled_from(ORDERS), seed=seeds)
def test_all_batches_are_full_but_the_last(n: int, batch_size: int, order: Order, seed: int) -> None:
    sizes = [len(batch) for batch in drawn(n, batch_size, order, seed)]
    assert sum(sizes) == n
    assert all(size == batch_size for size in sizes[:-1])
    assert 0 < sizes[-1] <= batch_size
    assert len(sizes) == batch_count(n, batch_size)


def test_file_order() -> None:
    assert drawn(7, 3, "file") == [[0, 1, 2], [3, 4, 5], [6]]


@drawn_cases
@given(n=counts, batch_size=counts, seed=seeds, epoch=counts)
def test_a_shuffle_has_every_sample_once(n: int, batch_size: int, seed: int, epoch: int) -> None:
    numbers = chain(*drawn(n, batch_size, "shuffle", seed, epoch))
    assert sorted(numbers) == list(range(n))


def test_with_replacement_samples_repeat() -> None:
    numbers = set(chain(*drawn(1000, 10, "replacement")))
    assert numbers < set(range(1000))


@pytest.mark.parametrize("order", ["shuffle", "replacement"])
def test_every_epoch_and_every_seed_has_its_own_order(order: Order) -> None:
    orders = [drawn(100, 10, order, seed, epoch) for seed in range(3) for epoch in range(3)]
    assert all(a != b for a, b in pairwise(sorted(orders)))


@drawn_cases
@given(n=counts, batch_size=counts, order=st.sampled_from(ORDERS), seed=seeds, data=st.data())
def test_an_epoch_can_be_entered_at_any_batch(
    n: int, batch_size: int, order: Order, seed: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, batch_count(n, batch_size)))
    assert drawn(n, batch_size, order, seed, 3, first) == drawn(n, batch_size, order, seed, 3)[first:]


@pytest.mark.parametrize("order", ["shuffle", "file"])
@pytest.mark.parametrize("batch_size", [5, 100])
def test_one_batch_of_all_samples_is_a_view_in_file_order(order: Order, batch_size: int) -> None:
    assert list(batches(5, batch_size, order, 0, epoch=0)) == [slice(0, 5)]


def test_one_batch_with_replacement_is_still_drawn() -> None:
    assert drawn(50, 50, "replacement") != [list(range(50))]
