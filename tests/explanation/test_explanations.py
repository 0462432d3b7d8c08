"""An explanation as text and as data; terms as a sequence; numbers that are not finite."""

import json
from typing import Any

import numpy as np
import pytest

from chainrule import BatchNormalisation, Convolution, Linear, Network, ReLU, UsageError, trace
from chainrule.explanation.explanation import Explanation
from chainrule.explanation.terms import Column, Products, Terms, product
from chainrule.layers import Layer
from chainrule.layers.layer import Shape
from chainrule.losses import SquaredError
from chainrule.network.network import Network as AnyNetwork
from every_layer import every_layer
from explained import adds_up, some_units


def counted(*sizes: int) -> Terms:
    """Blocks of so many terms: 0, 1, 2, ..."""
    starts = np.cumsum([0, *sizes])
    return Terms(
        [Products((Column("k", np.arange(a, a + n, dtype=float)),)) for a, n in zip(starts, sizes, strict=False)]
    )


def test_terms_are_a_sequence() -> None:
    terms = counted(2, 0, 3)
    assert len(terms) == 5
    assert [term.product for term in terms] == [0, 1, 2, 3, 4]
    assert terms[-1].product == 4
    assert [term.product for term in terms[1:4]] == [1, 2, 3]
    assert (terms.total, terms.zeros) == (10, 1)
    assert terms.by_size().tolist() == [4, 3, 2, 1, 0]
    with pytest.raises(IndexError):
        terms[5]
    assert (len(counted()), counted().total) == (0, 0)


def test_what_a_choice_leaves_out_is_0_and_what_a_product_makes_of_0_is_nan() -> None:
    infinite, zero = Column("x", np.array([np.inf])), np.zeros(1)
    assert product(infinite, Column("k", zero, chooses=True)).products.tolist() == [0]
    assert np.isnan(product(infinite, Column("k", zero)).products).all()


def explanation(unit: str = "fc1:1", n: int = 50) -> Explanation:
    network = Network([Linear(3)], n, SquaredError(), seed=1)
    return trace(network, np.linspace(-1, 1, n).reshape(1, n), np.zeros((1, 3))).explain(unit)


def test_as_data_in_parts() -> None:
    found = explanation()
    whole, part = found.values(), found.values("size", 3, 2)
    assert [term["product"] for term in whole["terms"]] == found.terms.products.tolist()
    assert [term["product"] for term in part["terms"]] == found.terms.products[found.terms.by_size()[3:5]].tolist()
    assert (part["count"], part["value"], part["total"]) == (51, found.value, found.total)
    assert whole["terms"][7]["factors"][1] == {"symbol": "x", "value": found.terms[7].factors[1].value, "unit": "x:7"}
    json.dumps(whole, allow_nan=False)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (("up",), "the order is 'up'; expected one of: formula, size"),
        (("size", -1), "first is -1; expected a whole number of at least 0"),
        (("size", 0, 1.5), "count is 1.5; expected a whole number of at least 0"),
    ],
)
def test_what_is_no_part_is_told(how: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        explanation().values(*how)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_are_no_longer_than_asked(width: int) -> None:
    lines = explanation().text(width, 5).splitlines()
    assert max(map(len, lines)) <= width
    assert "the sum of 46 smaller ones" in " ".join(" ".join(lines).split())


def test_one_term_and_none() -> None:
    one = explanation("dL/fc1:1")
    assert repr(one).endswith(": 1 term, 0 from it>")
    assert "the sum of 1 product in float64: the same as the value" in " ".join(str(one).split())


@every_layer
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e300])
def test_a_sum_is_finite_where_its_number_is(layer: Layer, shape: Shape, odd: float) -> None:
    network = AnyNetwork([layer, Linear(2)], shape, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(2, *shape))
    x[(0, *(0,) * len(shape))] = odd
    with np.errstate(all="ignore"):
        kept = trace(network, x, [1, 0])
    for unit in some_units(kept, np.random.default_rng(1), 2):
        found = kept.explain(unit)
        assert np.isfinite(found.total) == np.isfinite(found.value), found
        assert str(found)
        assert repr(found)


def test_a_nan_is_the_sum_of_terms_one_of_which_is() -> None:
    network = Network([Convolution(2), ReLU(), Linear(2)], (1, 4, 4))
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 1, 1] = np.nan
    kept = trace(network, x, [0])
    found = kept.explain("conv1:0,0,0")
    assert np.isnan(found.terms[found.terms.by_size()[0]].product)
    assert np.isnan(kept.explain("relu1:1,0,0").total)
    assert found.difference == 0


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_a_single_number_has_no_variance(running: bool, training: bool) -> None:
    network = Network([BatchNormalisation(running=running), Linear(2)], 3, dtype=np.float64)
    kept = trace(network, np.array([[1.0, -2, 3]]), [1], training=training)
    for unit in ("bn1:1", "dL/x:2", "dL/bn1.gamma:0", "dL/bn1.beta:2"):
        adds_up(kept, unit)
