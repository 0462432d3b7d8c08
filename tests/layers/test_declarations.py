"""What a class of layers declares: its passes, its parameters and statistics, its options, its name."""

from typing import Any, ClassVar

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import NetworkError
from chainrule.layers import LAYERS, Context, Layer, Parameter
from messages import exactly


def declared(**members: Any) -> type[Layer]:
    """A class of a layer, called as it is asked."""
    return type(members.pop("name"), (Layer,), members)


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        ((2,), "is (2,); expected a Parameter"),
        (Parameter([2]), "has shape [2]; expected a tuple of whole numbers"),  # type: ignore[arg-type]
        (Parameter((2, -1)), "has shape (2, -1); expected a tuple of whole numbers"),
        (Parameter((2.0,)), "has shape (2.0,); expected a tuple of whole numbers"),  # type: ignore[arg-type]
    ],
)
@pytest.mark.parametrize("asked", ["parameters_for", "statistics_for"])
def test_a_parameter_that_is_none_is_named(asked: str, parameter: Any, told: str) -> None:
    kind = declared(name="Odd", **{asked: lambda self, x_shape: {"a": parameter}})
    with pytest.raises(NetworkError, match=rf": a {exactly(told)[2:]}"):
        cr.Network([kind()], 4)


def test_a_parameter_may_be_empty() -> None:
    kind = declared(name="Odd", parameters_for=lambda self, x_shape: {"a": Parameter((0, 3))})
    assert cr.Network([kind()], 4).size == 0


def test_statistics_are_counted_and_gone_through_by_name() -> None:
    kept = Context(statistics={"mean": np.zeros(2), "variance": np.ones(2)}).statistics
    assert (len(kept), list(kept), "mean" in kept, "m" in kept) == (2, ["mean", "variance"], True, False)
    assert len(Context().statistics) == 0
    there = "mean of shape (2,), variance of shape (2,)"
    for name, value, told in (
        ("mean", np.zeros(3), "float64 of shape (3,)"),
        ("m", np.zeros(2), "float64 of shape (2,)"),
    ):
        with pytest.raises(NetworkError, match=exactly(f"the statistic {name} is set to {told}; expected {there}")):
            kept[name] = value
    with pytest.raises(NetworkError, match=exactly("the statistic mean is deleted; expected a new value")):
        del kept["mean"]


def test_a_layer_without_passes_says_so() -> None:
    for ask in (Layer().forward, lambda x, w, c: Layer().backward(x, None, w, c)):
        with pytest.raises(NotImplementedError):
            ask(np.ones((1, 4)), {}, Context())


def test_a_class_is_registered_and_stays_what_it_is() -> None:
    """What it says of all its layers, as `y_range`, is no option of one."""
    kind = declared(name="Bounded", y_range=(0.0, 1.0), __annotations__={"y_range": ClassVar[tuple[float, float]]})
    try:
        assert cr.register(kind) is kind
        assert LAYERS["Bounded"] is kind
    finally:
        LAYERS.pop("Bounded", None)
    with pytest.raises(NetworkError, match="Optional has options that are no fields; expected @dataclass"):
        cr.register(declared(name="Optional", __annotations__={"k": int}))
