"""Layers and losses of one's own in a description: each option comes back as it was, or is refused."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import layers
from chainrule.base.errors import NetworkError
from chainrule.exchange.description import build, describe
from chainrule.layers import Layer, Linear, ReLU, Residual
from chainrule.losses import SquaredError
from chainrule.network.network import Network
from descriptions import LOSSES
from messages import exactly


@dataclass(frozen=True)
class Own(Layer):
    """A layer with a field for anything."""

    a: Any = None

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        return x, None

    def backward(self, gy: Any, saved: Any, w: Any, context: Any) -> Any:
        return gy, {}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(layers.LAYERS, "Own", Own)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        ((1, 2), (3,)),
        {"b": 1},
        ({"b": 1},),
        {"b": ReLU()},
        (ReLU(), 1),
        (Linear(2), Own(Own((1,)))),
        np.float32(0.1),
        np.int64(3),
        np.bool_(True),
        (np.int8(3),),
        float("inf"),
        10**30,
        "\n",
    ],
    ids=repr,
)
def test_an_option_comes_back_as_it_was(value: Any) -> None:
    network = Network([Own(value)], 3)
    again = build(json.loads(json.dumps(describe(network))))
    assert again.layers == network.layers


KINDS = "a number, a string, None, a layer, or a tuple or dictionary of these"


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1j, f"layer 1, Own.a is 1j; expected {KINDS}"),
        (b"x", f"layer 1, Own.a is b'x'; expected {KINDS}"),
        ({1}, f"layer 1, Own.a is {{1}}; expected {KINDS}"),
        (ReLU, f"layer 1, Own.a is {ReLU!r}; expected {KINDS}"),
        ({1: 2}, f"layer 1, Own.a is {{1: 2}}; expected {KINDS}"),
        (np.arange(2), f"layer 1, Own.a is array([0, 1]); expected {KINDS}"),
        ((1, {2}), f"layer 1, Own.a 2 is {{2}}; expected {KINDS}"),
        ((Own({2}),), f"layer 1, Own.a 1, Own.a is {{2}}; expected {KINDS}"),
        ([1, 2], "layer 1, Own.a is [1, 2]; expected (1, 2), as a file would give it back"),
        (
            {"type": "ReLU"},
            "layer 1, Own.a is {'type': 'ReLU'}; expected ReLU(derivative_at_zero=0), as a file would give it back",
        ),
    ],
    ids=repr,
)
def test_an_option_that_would_not_come_back_is_refused(value: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        describe(Network([Own(value)], 3))


def test_a_layer_that_nobody_registered_is_refused_with_the_line_that_would() -> None:
    message = "layer 1, Residual.layers 1 is of a class Own that is not registered; expected {} Own"
    with pytest.raises(NetworkError, match=exactly(message.format("@chainrule.register above its class"))):
        describe(Network([Residual([Own()])], 3))


@pytest.mark.usefixtures("registered")
def test_a_class_of_the_same_name_is_not_the_registered_one() -> None:
    other = type("Own", (ReLU,), {})
    with pytest.raises(NetworkError, match="layer 1 is of a class Own that is not registered"):
        describe(Network([other(), Linear(2)], 3))


def test_a_loss_that_no_file_can_name_is_refused() -> None:
    class Mine(SquaredError):
        pass

    with pytest.raises(NetworkError, match=exactly(f"loss: there is no 'Mine'; expected one of: {LOSSES}")):
        describe(Network([Linear(3)], 16, Mine()))
