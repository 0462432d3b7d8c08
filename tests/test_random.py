import numpy as np
import pytest

from chainrule.base.errors import UsageError
from chainrule.base.random import Draws, check_seed, permutation, philox4x32, subset, uniform
from messages import exactly

DRAWS = Draws(seed=2**40 + 3, layer=5, step=7, offset=11)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_the_published_vectors(counter: str, key: str, words: str) -> None:
    """`philox4x32 10` in the file kat_vectors of its authors' library, Random123."""
    k0, k1 = (int(word, 16) for word in key.split())
    found = philox4x32(tuple(int(word, 16) for word in counter.split()), (k0, k1))
    assert " ".join(f"{int(word):08x}" for word in found) == words


def test_the_words_stand_where_they_are_said_to() -> None:
    """key = seed, counter = (element // 4, position, layer, step), word element % 4."""
    bits = DRAWS.bits(samples=3, elements=10)
    for sample, element in np.ndindex(3, 10):
        words = philox4x32((element // 4, 11 + sample, 5, 7), (3, 2**8))
        assert bits[sample, element] == words[element % 4]


@pytest.mark.parametrize("elements", [1, 4, 6, 7])
def test_a_draw_does_not_depend_on_how_a_batch_is_split(elements: int) -> None:
    whole = Draws(seed=9, layer=0, step=2).bits(10, elements)
    parts = [Draws(seed=9, layer=0, step=2, offset=k).bits(n, elements) for k, n in ((0, 3), (3, 1), (4, 6))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_a_draw_does_not_depend_on_how_many_elements_are_asked_for() -> None:
    assert np.array_equal(DRAWS.bits(4, 30)[:, :13], DRAWS.bits(4, 13))


@pytest.mark.parametrize(
    "other",
    [
        Draws(seed=2**40 + 2, layer=5, step=7, offset=11),
        Draws(seed=2**41 + 3, layer=5, step=7, offset=11),
        Draws(seed=3, layer=5, step=7, offset=11),
        Draws(seed=2**40 + 3, layer=4, step=7, offset=11),
        Draws(seed=2**40 + 3, layer=5, step=6, offset=11),
        Draws(seed=2**40 + 3, layer=5, step=7, offset=1000),
    ],
)
def test_every_part_of_the_place_matters(other: Draws) -> None:
    assert not (DRAWS.bits(4, 50) == other.bits(4, 50)).any()


def test_no_samples_and_no_elements() -> None:
    assert DRAWS.bits(3, 0).shape == (3, 0)


def test_the_words_cannot_be_overwritten() -> None:
    with pytest.raises(ValueError, match="read-only"):
        DRAWS.bits(1, 4)[0, 0] = 1


def test_the_words_are_uniform() -> None:
    n, bins = 100_000, 64
    u = uniform(DRAWS, n)
    assert u.min() >= 0
    assert u.max() < 1
    counts = np.bincount((u * bins).astype(int), minlength=bins)
    chi_square = ((counts - n / bins) ** 2 / (n / bins)).sum()
    assert 30 < chi_square < 115  # 63 degrees of freedom: all but 1 in 10,000 draws


def test_neighbours_are_not_correlated() -> None:
    bits = DRAWS.bits(300, 300) / 2.0**32 - 0.5
    for left, right in ((bits[:, :-1], bits[:, 1:]), (bits[:-1], bits[1:])):
        assert abs(np.mean(left * right)) * 12 * np.sqrt(left.size) < 4  # standard deviations


@pytest.mark.parametrize("n", [0, 1, 2, 5, 1000])
def test_a_permutation_has_every_number_once(n: int) -> None:
    order = permutation(DRAWS, n)
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(n))


def test_a_permutation_shuffles() -> None:
    order = permutation(DRAWS, 1000)
    in_place = np.count_nonzero(order == np.arange(1000))  # 1 on average
    assert in_place < 10
    assert not np.array_equal(order, permutation(Draws(seed=0, layer=5), 1000))


def test_all_permutations_are_equally_likely() -> None:
    found = [tuple(permutation(Draws(seed=1, layer=0, step=step), 3)) for step in range(3000)]
    counts = [found.count(order) for order in set(found)]
    assert len(counts) == 6
    assert all(418 < count < 582 for count in counts)  # 4 standard deviations about 500


def test_a_subset_is_drawn_with_replacement() -> None:
    drawn = subset(DRAWS, 1000, 1000)
    assert drawn.dtype == np.int64
    assert 0 <= drawn.min() <= drawn.max() < 1000
    assert 590 < len(np.unique(drawn)) < 675  # 1000 (1 - 1/e) = 632


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1, np.int32(3), np.uint64(2**64 - 1)])
def test_good_seeds(seed: int) -> None:
    assert type(check_seed(seed)) is int
    assert check_seed(seed) == seed


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", None, True])
def test_bad_seeds(seed: int) -> None:
    message = f"the seed is {seed!r}; expected a whole number from 0 to 2**64 - 1"
    with pytest.raises(UsageError, match=exactly(message)):
        check_seed(seed)
