"""Batch normalisations folded into what is before them: which are, and that nothing else changes."""

from dataclasses import dataclass

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

import chainrule as cr
from chainrule.data import Dataset
from chainrule.exchange import onnx_model
from chainrule.layers.layer import Layer
from chainrule.network.folding import folded
from oracles import assert_agrees, normal

BN = cr.BatchNormalisation


@dataclass(frozen=True)
class OwnBlock(cr.Sequential):
    """A container that is not ours."""


def made(*layers: Layer, shape: tuple[int, ...] = (2, 6, 6), dtype: type = np.float64) -> cr.Network:
    """A network whose numbers are not as they begin."""
    network = cr.Network(layers, shape, cr.SquaredError(), seed=2, dtype=dtype)
    rng = np.random.default_rng(0)
    network.w[:] += 0.3 * rng.standard_normal(network.size)
    network.statistics[:] = rng.uniform(0.2, 2, len(network.statistics))
    return network


def left(network: cr.Network) -> list[str]:
    """The normalisations that are left."""
    return [node.name for node in network.graph.nodes if isinstance(node.layer, BN)]


BLOCK = cr.Residual([cr.Convolution(3, padding=1), BN(), cr.ReLU(), cr.Convolution(3, padding=1), BN()])
SHORTENED = cr.Residual([cr.Convolution(5, padding=1), BN()], shortcut=[cr.Convolution(5, 1), BN()])


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([cr.Linear(4), BN()], []),
        ([cr.Convolution(3, bias=False), BN(), cr.ReLU(), cr.Linear(4, bias=False), BN()], []),
        ([cr.Convolution(3), BN(), cr.ReLU(), cr.Linear(4), BN(eps=0.1), cr.Linear(2)], []),
        ([cr.Convolution(3, padding=1), BN(), BLOCK, cr.ReLU(), SHORTENED, cr.Linear(2)], []),
        ([cr.Sequential([cr.Convolution(3)]), cr.Sequential([BN()]), cr.Sequential([BN(), cr.ReLU()])], ["block2.bn1"]),
        ([BN(), cr.Convolution(3), cr.ReLU(), BN(), cr.Linear(3)], ["bn1", "bn2"]),
        ([cr.Convolution(3), BN(running=False), cr.ReLU(), cr.Linear(4), BN()], ["bn1"]),
        ([cr.Convolution(2), cr.Residual([BN(), cr.ReLU()])], ["block1.bn1"]),
        ([OwnBlock([cr.Convolution(2), BN()]), cr.Convolution(3), BN()], ["block1.bn1"]),
    ],
    ids=str,
)
def test_it_computes_the_same_with_the_normalisations_that_cannot_be_folded(layers, expected):
    network = made(*layers)
    w, statistics, x = network.w.copy(), network.statistics.copy(), normal(5, 2, 6, 6)
    other = folded(network)
    assert left(other) == expected
    assert_agrees(other(x), network(x))
    assert (network.w.tobytes(), network.statistics.tobytes()) == (w.tobytes(), statistics.tobytes())
    assert (other is network) == (len(expected) == len(left(network)))
    assert other is network or not np.may_share_memory(other.w, network.w)
    assert (other.loss, other.scaling, other.input_shape) == (network.loss, network.scaling, network.input_shape)


def test_a_network_without_any_is_itself():
    for network in (made(cr.Linear(3)), made(BN(), cr.Linear(3))):
        assert folded(network) is network


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_predictor_folds_and_says_the_same(engine):
    network = made(cr.Convolution(5), BN(), cr.ReLU(), cr.MaxPooling(), cr.Linear(3), BN(), dtype=np.float32)
    x = normal(9, 2, 6, 6).astype(np.float32)
    predictor = network.predictor(engine)
    np.testing.assert_allclose(predictor(x), network.predict(x), rtol=1e-4, atol=1e-5)
    assert not left(predictor._executor.network)
    network.statistics[:] = 7  # later changes do not reach it
    assert not np.allclose(predictor(x), network.predict(x), atol=1e-2)


def test_onnx_has_none_that_can_be_folded():
    network = made(BN(), cr.Convolution(5), BN(), cr.ReLU(), cr.Linear(3), BN(), dtype=np.float32)
    model = onnx_model(network)
    assert [node.op_type for node in model.graph.node] == ["BatchNormalization", "Conv", "Relu", "Flatten", "Gemm"]
    x = normal(4, 2, 6, 6).astype(np.float32)
    assert_agrees(np.asarray(ReferenceEvaluator(model).run(None, {"x": x})[0]), network(x), 1e-5)  # type: ignore[index]


def test_what_a_network_was_trained_on_comes_along():
    data = Dataset(normal(40, 5).astype(np.float32), np.arange(40) % 3)
    network = cr.Network([cr.Linear(6), BN(), cr.ReLU(), cr.Linear(3)], 5, scaling=cr.Scaling(0.25, 2.0))
    cr.fit(network, data, cr.Training(cr.Adam(0.01), epochs=2, batch_size=8))
    assert folded(network).schema is network.schema
    assert folded(network).scaling == network.scaling
    np.testing.assert_allclose(network.predictor()(data.x), network.predict(data.x), rtol=1e-4, atol=1e-6)
