"""What a layer of a user's own does wrong is told by its name, by each engine; nothing wrong goes on without a word."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import NetworkError
from chainrule.layers import LAYERS, Context, Layer, Parameter
from chainrule.layers.layer import Arrays, Shape
from messages import exactly

ENGINES = "reference", "compiled"
DATA = cr.Dataset(np.ones((5, 4), np.float32), np.arange(5) % 2)
TRAINING = cr.Training(cr.SGD(0.1), epochs=1, batch_size=5)


@dataclass(frozen=True)
class Odd(Layer):
    """y = a x, but for what these two make of the results."""

    y: Callable[[np.ndarray], Any] = lambda y: (y, None)
    g: Callable[[np.ndarray, dict[str, Any]], Any] = lambda gx, gw: (gx, gw)

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> Any:
        return self.y(x * w["a"])

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Any:
        return self.g(gy * w["a"], {"a": gy.sum(axis=0)})

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"a": Parameter(x_shape, "ones")}


def network_of(layer: Layer, *, block: bool) -> cr.Network:
    return cr.Network([cr.Linear(4), cr.Residual([layer]) if block else layer, cr.Linear(2)], 4)


EXPECTED = "expected floats of shape (5, 4)"
FORWARD = [
    (lambda y: (y[:1], None), "float32 of shape (1, 4) for y; expected floats of shape (5, 4)"),
    (lambda y: (y[:, :1], None), "float32 of shape (5, 1) for y; expected floats of shape (5, 4)"),
    (lambda y: (y + 0j, None), "complex64 of shape (5, 4) for y; expected floats of shape (5, 4)"),
    (lambda y: (y.tolist(), None), "a list for y; expected floats of shape (5, 4)"),
    (lambda y: y, "float32 of shape (5, 4); expected (y, saved)"),
    (lambda y: None, "nothing; expected (y, saved)"),
]
BACKWARD = [
    (
        lambda gx, gw: (gx.sum(0, keepdims=True), gw),
        f"float32 of shape (1, 4) for dL/dx; {EXPECTED}",
    ),
    (lambda gx, gw: (gx.reshape(-1), gw), "float32 of shape (20,) for dL/dx; expected floats of shape (5, 4)"),
    (lambda gx, gw: (1.0, gw), "a float for dL/dx; expected floats of shape (5, 4)"),
    (lambda gx, gw: (gx, None), "nothing for dL/dw; expected a dict by name"),
    (lambda gx, gw: (gx, {}), "nothing for dL/da; expected floats of shape (4,)"),
    (lambda gx, gw: (gx, {"a": gw["a"][:1]}), "float32 of shape (1,) for dL/da; expected floats of shape (4,)"),
    (lambda gx, gw: (gx, {**gw, "b": gx}), "a gradient for b; expected those of a"),
    (lambda gx, gw: gx, "float32 of shape (5, 4); expected (gx, gw)"),
    (lambda gx, gw: None, "nothing; expected (gx, gw)"),
]


@pytest.mark.parametrize("block", [False, True], ids=["row", "block"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("y", "told"), FORWARD)
def test_a_forward_pass_that_gives_something_else(engine: str, y: Any, told: str, block: bool) -> None:
    network = network_of(Odd(y=y), block=block)
    for call in (lambda: cr.fit(network, DATA, TRAINING, engine=engine), lambda: cr.evaluate(network, DATA, engine)):
        with pytest.raises(NetworkError, match=rf"odd1: forward gave {exactly(told)[2:]}"):
            call()


@pytest.mark.parametrize("block", [False, True], ids=["row", "block"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("g", "told"), BACKWARD)
def test_a_backward_pass_that_gives_something_else(engine: str, g: Any, told: str, block: bool) -> None:
    network = network_of(Odd(g=g), block=block)
    with pytest.raises(NetworkError, match=rf"odd1: backward gave {exactly(told)[2:]}"):
        cr.fit(network, DATA, TRAINING, engine=engine)
    with pytest.raises(NetworkError, match="odd1: backward gave"):
        cr.trace(network, DATA.x, DATA.t)


def test_what_a_layer_is_given_is_read_only() -> None:
    class InPlace(Layer):
        def forward(self, x: np.ndarray, w: Arrays, context: Context) -> Any:
            return np.multiply(x, 2, out=x), None

    for engine in ENGINES:
        with pytest.raises(ValueError, match="read-only"):
            cr.fit(network_of(InPlace(), block=True), DATA, TRAINING, engine=engine)


class Running(Layer):
    """x, with a running mean that is set, not written into."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        if context.training:
            context.statistics["mean"] = x.mean(axis=0)  # type: ignore[index]
        return x + 0 * context.statistics["mean"], None

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return gy, {}

    def statistics_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"mean": Parameter(x_shape, "zeros")}


@pytest.mark.parametrize("engine", ENGINES)
def test_setting_a_statistic_writes_it(engine: str) -> None:
    network = cr.Network([Running(), cr.Linear(2)], 4)
    cr.fit(network, DATA, TRAINING, engine=engine)
    assert network.statistics.tolist() == [1, 1, 1, 1]


class Meddling(Running):
    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        mean = context.statistics["mean"]
        mean += 1
        return x, None


def test_evaluation_leaves_statistics_as_they_are() -> None:
    with pytest.raises(ValueError, match="read-only"):
        cr.Network([Meddling(), cr.Linear(2)], 4)(DATA.x)


class Half(cr.Residual):
    """A block with a forward pass of its own."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y, saved = self.body.forward(x, w, context)
        return np.float32(0.5) * y + x, saved

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gx, gw = self.body.backward(np.float32(0.5) * gy, saved, w, context)
        return gx + gy, gw


def test_a_block_that_computes_by_itself_is_not_taken_apart() -> None:
    network = cr.Network([Half([cr.Linear(4), cr.ReLU()])], 4, seed=3)
    wanted = network(DATA.x)
    np.testing.assert_allclose(network.predictor().outputs(DATA.x), wanted, rtol=1e-6)
    assert cr.trace(network, DATA.x, DATA.t).x[-1].tolist() == wanted.tolist()
    assert cr.check_layer(Half([cr.Linear(4), cr.Tanh()]), 4).passed


def declared(**members: Any) -> type[Layer]:
    """A class of a layer, called as it is asked."""
    return type(members.pop("name"), (Layer,), members)


WHOLE = cr.Network([cr.Linear(4)], 4)
A_NETWORK = f"a whole network, {WHOLE!r}; expected its layers, as in *network.layers"
A_LIST = "expected a list of them, as in [Linear(10)]"
A_SHAPE = "expected (n,), (channels, length) or (channels, height, width), all above 0"
WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: cr.Sequential([WHOLE]), f"layer 1 is {A_NETWORK}"),
    (
        lambda: cr.Residual([cr.Linear(4)], WHOLE),
        f"Residual: shortcut is {A_NETWORK}",
    ),
    (lambda: cr.Sequential(cr.ReLU()), f"Sequential: the layers are ReLU(derivative_at_zero=0); {A_LIST}"),  # type: ignore[arg-type]
    (lambda: cr.Residual("abc"), f"Residual: the layers are 'abc'; {A_LIST}"),  # type: ignore[arg-type]
    (lambda: cr.Network([cr.Linear(2)], 4, loss="nll"), "the network's loss is 'nll'; expected one, as in NLL()"),  # type: ignore[arg-type]
    (lambda: cr.Network([cr.Linear(2)], 4, scaling=0.5), "the network's scaling is 0.5; expected one, as in Scaling()"),  # type: ignore[arg-type]
    (
        lambda: cr.Network([cr.Linear(2)], 4, dtype=int),
        "the network's dtype is <class 'int'>; expected np.float32 or np.float64",
    ),
    (lambda: cr.Network([cr.Linear(2)], True), f"the input shape is True; {A_SHAPE}"),
    (lambda: cr.register(int), "<class 'int'> is registered; expected a class derived from Layer"),  # type: ignore[type-var]
    (
        lambda: cr.register(declared(name="Scale", __init__=lambda self, k: None)),
        "Scale has options that are no fields; expected @dataclass(frozen=True) above its class",
    ),
    (
        lambda: cr.register(declared(name="Relu")),
        "a layer ReLU of chainrule.layers.relu is registered already; expected another name",
    ),
    (
        lambda: cr.Network([declared(name="Odd", y_shape=lambda self, x: (2, 2, 2, 2))()], 4),
        f"layer 1, Odd(), cannot take input (4,): its y_shape is (2, 2, 2, 2); {A_SHAPE}",
    ),
    (
        lambda: cr.Network([declared(name="Odd", parameters_for=lambda self, x: {"a": Parameter((2,), "foo")})()], 4),
        "{where}: a: initial is 'foo'; expected one of: "
        "uniform, he_uniform, he_normal, glorot_uniform, glorot_normal, zeros, ones",
    ),
    (
        lambda: cr.Network([declared(name="Fc1", short_name="fc1")(), *[cr.Linear(4)] * 11], 4),
        f"two of fc11, {', '.join(f'fc{k}' for k in range(1, 12))} have one name; expected another short_name",
    ),
    (
        lambda: cr.Network(
            [
                declared(
                    name="Both",
                    parameters_for=lambda self, x: {"m": Parameter(x)},
                    statistics_for=lambda self, x: {"m": Parameter(x)},
                )()
            ],
            4,
        ),
        "both1.m is a parameter and a statistic; expected two names",
    ),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_what_no_network_can_be_made_of(make: Callable[[], Any], message: str) -> None:
    known = dict(LAYERS)
    with pytest.raises(NetworkError) as told:
        make()
    assert str(told.value) == message.replace("{where}", str(told.value).split(": a:")[0])
    assert known == LAYERS


def test_a_batch_that_does_not_fit_is_refused_by_a_trace_too() -> None:
    with pytest.raises(cr.DataError, match="4 samples"):
        cr.trace(cr.Network([cr.Linear(4)], 4), np.eye(4, dtype=np.float32), [0])


@pytest.mark.parametrize("size", [0, -1, 2.5])
def test_a_batch_size_is_a_whole_number(size: Any) -> None:
    network = cr.Network([cr.Linear(2)], 4)
    message = f"batch_size is {size!r}; expected a whole number of at least 1"
    for call in (lambda: network(DATA.x, batch_size=size), lambda: cr.evaluate(network, DATA, batch_size=size)):
        with pytest.raises(cr.UsageError, match=exactly(message)):
            call()


def test_x_is_numbers() -> None:
    with pytest.raises(cr.DataError, match=exactly("x holds complex128; expected numbers")):
        cr.Network([cr.Linear(2)], 4)(np.ones((1, 4), complex))
