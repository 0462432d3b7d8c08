"""A user's own elementwise layer is compiled: two scalar functions, and a stage of a few lines."""

from typing import Any

import numpy as np
import pytest

from agreement import compare
from chainrule import Convolution, Linear, Network
from chainrule.engine.compiled import Compiled
from chainrule.engine.kernels.elementary import logistic
from chainrule.engine.runtime.jit import inlined
from chainrule.engine.stages.elementwise import CurveStage
from chainrule.engine.stages.stage import STAGES, register_stage
from chainrule.layers.layer import Arrays, Context, Layer
from chainrule.training.objective import Batch


class Swish(Layer):
    """y = x / (1 + exp(-x)), whose derivative is not known from y."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return x / (1 + np.exp(-x)), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        s = 1 / (1 + np.exp(-saved))
        return gy * s * (1 + saved * (1 - s)), {}


class SoftSign(Layer):
    """y = 2 + x / (1 + |x|), which is not 0 at 0; its derivative is (1 - |y - 2|)^2."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = 2 + x / (1 + np.abs(x))
        return y, y

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return gy * (1 - np.abs(saved - 2)) ** 2, {}


@inlined
def swish(x):
    return x * logistic(x)


@inlined
def swish_gradient(gy, x):
    s = logistic(x)
    return gy * (s * (np.float32(1) + x * (np.float32(1) - s)))


@inlined
def soft_sign(x):
    return np.float32(2) + x / (np.float32(1) + np.abs(x))


@inlined
def soft_sign_gradient(gy, y):
    left = np.float32(1) - np.abs(y - np.float32(2))
    return gy * left * left


class SwishStage(CurveStage):
    layer, function, derivative, derivative_of = Swish, swish, swish_gradient, "x"


class SoftSignStage(CurveStage):
    layer, function, derivative = SoftSign, soft_sign, soft_sign_gradient


@pytest.fixture(autouse=True)
def registered():
    """Their stages, while a test runs."""
    stages = [register_stage(SwishStage), register_stage(SoftSignStage)]
    yield
    for stage in stages:
        STAGES.remove(stage)


NETWORKS = [
    ([Linear(13), Swish(), Linear(5), SoftSign(), Linear(4)], (7,)),
    ([Swish(), Convolution(5, 3, padding=1), SoftSign(), Convolution(17, 3, padding=1), Swish(), Linear(4)], (3, 9, 8)),
    ([Convolution(5), SoftSign(), Swish(), Convolution(6, 3), Linear(4)], (3, 9, 8)),
]


@pytest.mark.parametrize(("layers", "shape"), NETWORKS, ids=lambda value: ",".join(map(str, value)))
def test_it_computes_what_the_definition_says(layers: list[Layer], shape: tuple[int, ...]) -> None:
    network, rng = Network(layers, shape, seed=3), np.random.default_rng(0)
    kernels = [row["kernel"] for row in Compiled(network).plan(4).rows()]
    assert "definition" not in kernels
    assert kernels.count("elementwise") == sum(isinstance(layer, Swish | SoftSign) for layer in layers)
    compare(network, Batch(rng.standard_normal((10, *shape)), rng.integers(0, 4, 10)))
