"""Residual and Sequential: layers made of layers, in all that a network goes through."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule as cr
from chainrule.base.errors import NetworkError
from chainrule.checks.networks import check_layer
from chainrule.data import Dataset
from chainrule.layers import Context, Convolution, Dropout, Linear, ReLU, Residual, Sequential, Tanh
from messages import exactly
from oracles import TRAINING, assert_agrees, normal
from oracles import check_layer as agrees_with_torch
from strategies import blocks, drawn_cases

BLOCK = Residual(
    [Convolution(4, padding=1), ReLU(), Dropout(0.3), Convolution(4, padding=1)], shortcut=Convolution(4, 1)
)


def test_by_hand() -> None:
    """y = 2 x + x, of one number: dL/dx = 2 dL/dy + dL/dy."""
    layer, w = Residual([Linear(1)]), {"fc1.w": np.array([[2.0]]), "fc1.b": np.array([0.5])}
    y, saved = layer.forward(np.array([[3.0]]), w, Context())
    assert y.tolist() == [[9.5]]
    gx, gw = layer.backward(np.array([[10.0]]), saved, w, Context())
    assert gx.tolist() == [[30.0]]
    assert {name: g.tolist() for name, g in gw.items()} == {"fc1.w": [[30.0]], "fc1.b": [10.0]}


def test_a_sequential_is_its_layers_one_after_the_other() -> None:
    x, layer = normal(2, 3), Sequential([Linear(4), Tanh()])
    assert str(layer) == "Sequential(Linear(4), Tanh())"
    w = {"fc1.w": normal(4, 3), "fc1.b": normal(4)}
    assert_agrees(layer.forward(x, w, Context())[0], np.tanh(x @ w["fc1.w"].T + w["fc1.b"]), 1e-15)


@drawn_cases
@given(data=st.data(), kind=st.sampled_from([Residual, Sequential]), shape=st.sampled_from([(2, 5, 6), (4,)]))
def test_agrees_with_pytorch_whatever_is_in_it(data: st.DataObject, kind: type, shape: tuple[int, ...]) -> None:
    agrees_with_torch(data.draw(blocks(kind, shape, 0)), normal(3, *shape))


def test_a_block_with_dropout_relu_and_convolutions_in_it_agrees_and_its_gradients_are_right() -> None:
    agrees_with_torch(BLOCK, normal(3, 2, 5, 6))
    agrees_with_torch(BLOCK, normal(3, 2, 5, 6), Context())
    check = check_layer(BLOCK, (2, 4, 5), samples=3)
    assert check.passed
    assert check.worst.error < 0.1


def test_each_layer_in_it_draws_random_numbers_of_its_own() -> None:
    x = np.ones((2, 100))
    rows = [Residual([Dropout(0.5)]), Dropout(0.5), Sequential([Dropout(0.5), Residual([Dropout(0.5)], Dropout(0.5))])]
    network = cr.Network(rows, 100, cr.SquaredError(), dtype=np.float64)
    assert [node.number for node in network.graph.nodes if isinstance(node.layer, Dropout)] == [0, 1, 2, 3, 4]
    assert network.forward(x, {}, TRAINING)[0].shape == x.shape
    flat = cr.Network([ReLU(), Sequential([ReLU(), Dropout(0.5)])], 100, cr.SquaredError())
    plain = cr.Network([ReLU(), ReLU(), Dropout(0.5)], 100, cr.SquaredError())
    masks = [network.forward(x, {}, TRAINING)[0] for network in (flat, plain)]
    assert masks[0].tobytes() == masks[1].tobytes()


def network() -> cr.Network:
    inner = Residual([Sequential([Convolution(4, 1), ReLU()])])
    return cr.Network([BLOCK, ReLU(), inner, Linear(3)], (2, 6, 6), seed=1)


def test_its_parameters_are_named_by_the_nesting() -> None:
    assert [(p.name, p.shape) for p in network().parameters] == [
        ("block1.conv1.w", (4, 2, 3, 3)),
        ("block1.conv1.b", (4,)),
        ("block1.conv2.w", (4, 4, 3, 3)),
        ("block1.conv2.b", (4,)),
        ("block1.shortcut.w", (4, 2, 1, 1)),
        ("block1.shortcut.b", (4,)),
        ("block2.block1.conv1.w", (4, 4, 1, 1)),
        ("block2.block1.conv1.b", (4,)),
        ("fc1.w", (3, 144)),
        ("fc1.b", (3,)),
    ]


TABLE = """\
layer                              output shape  parameters  multiply-adds
--------------------------------------------------------------------------
input                              2 x 6 x 6
Residual:                          4 x 6 x 6
  Convolution(4, 3x3, padding=1)   4 x 6 x 6             76          2,592
  ReLU()                           4 x 6 x 6
  Dropout(0.3)                     4 x 6 x 6
  Convolution(4, 3x3, padding=1)   4 x 6 x 6            148          5,184
  shortcut: Convolution(4, 1x1)    4 x 6 x 6             12            288
ReLU()                             4 x 6 x 6
Residual:                          4 x 6 x 6
  Sequential:                      4 x 6 x 6
    Convolution(4, 1x1)            4 x 6 x 6             20            576
    ReLU()                         4 x 6 x 6
Linear(3)                          3                    435            432
--------------------------------------------------------------------------
loss: LogSoftmaxNLL()                                   691          9,072"""


def test_it_prints_with_what_is_in_it() -> None:
    lines = [line.strip("-").split() for line in str(network()).splitlines()]
    assert lines == [line.strip("-").split() for line in TABLE.splitlines()]
    assert str(network()).splitlines()[4].startswith("  Convolution(4, 3x3, padding=1)")


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_it_trains_saves_loads_and_is_exported(engine: str, tmp_path: Any) -> None:
    x = normal(90, 2, 6, 6).astype(np.float32)
    data, trained = Dataset(x, np.argmax(x[:, 0, :3, 0], axis=1)), network()
    history = cr.fit(trained, data, cr.Training(cr.Adam(0.01), epochs=15, batch_size=16), engine=engine)
    assert history.epochs[-1].loss < 0.5 * history.epochs[0].loss
    trained.save(tmp_path / "m.safetensors")
    loaded = cr.load(tmp_path / "m.safetensors")
    assert (str(loaded), loaded.w.tobytes()) == (str(trained), trained.w.tobytes())
    np.testing.assert_allclose(trained.predictor(engine)(x), trained.predict(x), atol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Residual([]), "the residual has no layers; expected at least one"),
        (lambda: Sequential(cast(Any, [ReLU])), f"layer 1 is {ReLU!r}; expected a layer, as in Linear(10)"),
        (
            lambda: Residual([ReLU()], cast(Any, 3)),
            "Residual: shortcut is 3; expected a layer, as in Linear(10)",
        ),
        (
            lambda: Residual([Linear(3)]).y_shape((4,)),
            "Residual: its layers give (3,), but x has (4,); "
            "expected the same shape, or a shortcut such as Convolution(n, 1)",
        ),
        (
            lambda: Residual([Linear(3)], Linear(2)).y_shape((4,)),
            "Residual: its layers give (3,), but the shortcut gives (2,); expected the same shape",
        ),
        (
            lambda: cr.Network([network(), Linear(2)], (2, 6, 6)),
            f"layer 1 is a whole network, {network()!r}; expected its layers, as in *network.layers",
        ),
    ],
)
def test_what_is_no_block(make: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        make()
