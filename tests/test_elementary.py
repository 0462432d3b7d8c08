"""Functions that have the same bits everywhere: against decimal numbers, and against hashes of what they give."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest

from chainrule.base import elementary
from chainrule.base.hashing import weights_hash

RNG = np.random.default_rng(3)
PI = Decimal("3.14159265358979323846264338327950288419716939937510582")
LOGARITHMS = np.concatenate(
    [
        RNG.uniform(0, 1, 200),
        RNG.uniform(0.6, 1.5, 200),
        np.ldexp(RNG.uniform(1, 2, 200), RNG.integers(-1000, 1000, 200)),
    ]
)
EXPONENTS = np.concatenate([RNG.uniform(-1, 1, 200), RNG.uniform(-700, 700, 200)])
TURNS = np.concatenate([RNG.uniform(-3, 3, 200), RNG.integers(0, 2**32, 200) / 2**32])


def cosine(v: Decimal) -> Decimal:
    """cos(2 pi v) by B. Taylor's series."""
    angle, term, total = 2 * PI * (v - round(v)), Decimal(1), Decimal(1)
    for k in range(2, 80, 2):
        term *= -angle * angle / (k * (k - 1))
        total += term
    return total


@pytest.mark.parametrize(
    ("function", "exact", "x", "bits"),
    [
        (elementary.log, Decimal.ln, LOGARITHMS, "90b5e085632b2db0"),
        (elementary.exp, Decimal.exp, EXPONENTS, "4855a68deed94cbd"),
        (elementary.cosine_of_turns, cosine, TURNS, "f6952b563bc38c6c"),
        (elementary.sine_of_turns, lambda v: cosine(v - Decimal("0.25")), TURNS, "f4826ace792fb50c"),
    ],
)
def test_functions(
    function: Callable[..., np.ndarray], exact: Callable[..., Decimal], x: np.ndarray, bits: str
) -> None:
    found = function(x)
    with localcontext(prec=50):
        expected = [exact(Decimal(each)) for each in x.tolist()]
        off = [abs(Decimal(a) - b) / Decimal(math.ulp(b)) for a, b in zip(found.tolist(), expected, strict=True)]
    assert max(off) <= 2
    assert weights_hash(found) == bits


def test_one_number_is_as_an_array_of_them() -> None:
    assert [elementary.cosine_of_turn(v) for v in TURNS.tolist()] == elementary.cosine_of_turns(TURNS).tolist()


def test_ends() -> None:
    ends = np.array([-np.inf, -746.0, 0.0, 709.7, 710.0, np.inf])
    np.testing.assert_allclose(elementary.exp(ends), [0, 0, 1, 1.6549840276802644e308, np.inf, np.inf], rtol=1e-15)
    assert elementary.log(np.array([1.0])).tolist() == [0.0]
    quarters = np.arange(-4, 5) / 4
    np.testing.assert_array_equal(elementary.cosine_of_turns(quarters), [1, 0, -1, 0, 1, 0, -1, 0, 1])
    np.testing.assert_array_equal(elementary.sine_of_turns(quarters), [0, 1, 0, -1, 0, 1, 0, -1, 0])


@pytest.mark.parametrize(("x", "n"), [(0.9, 10), (0.999, 1), (0.999, 123456), (0.3, 1 / 3), (2.0, 0.5), (1.0, 1e6)])
def test_powers(x: float, n: float) -> None:
    assert elementary.power(x, n) == pytest.approx(x**n, rel=1e-15)


def test_ends_of_powers() -> None:
    assert [elementary.power(0.0, 0), elementary.power(0.0, 3), elementary.power(5.0, 0)] == [1, 0, 1]
    assert elementary.power(0.5, 10**9) == 0
    for n in (5000, 10**9):
        with pytest.raises(OverflowError):
            elementary.power(2.0, n)
