"""Sums at the end of residual blocks: with a ReLU behind them they are one stage."""

import numpy as np
import pytest

from agreement import compare
from chainrule.engine.compiled import Compiled
from chainrule.layers import Convolution, Dropout, Linear, ReLU, Residual, Tanh
from chainrule.layers.layer import Layer
from chainrule.network.network import Network
from chainrule.training.objective import Batch

BLOCK = Residual([Convolution(4, padding=1), ReLU(), Convolution(4, padding=1)])
CASES: list[tuple[list[Layer], list[str]]] = [  # what follows a block, and the stages that end it
    ([ReLU()], ["sum + ReLU"]),
    ([ReLU(1)], ["sum", "ReLU(derivative_at_zero=1)"]),
    ([Tanh()], ["sum", "Tanh()"]),
    ([Residual([ReLU(), Dropout(0.5)])], ["sum", "ReLU()"]),  # somebody else reads the sum, too
    ([ReLU(), Dropout(0.5)], ["sum + ReLU", "Dropout(0.5)"]),
]


@pytest.mark.parametrize(("behind", "stages"), CASES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sum_takes_the_relu_behind_it(behind: list[Layer], stages: list[str], dtype: type) -> None:
    network = Network([BLOCK, *behind, Linear(3)], (4, 5, 5), dtype=dtype, seed=1)
    names = [row["stage"] for row in Compiled(network).plan(4).rows()]
    start = next(k for k, name in enumerate(names) if name.startswith("sum"))
    assert names[start : start + len(stages)] == stages
    rng = np.random.default_rng(2)
    compare(network, Batch(rng.standard_normal((7, 4, 5, 5)).astype(dtype), rng.integers(0, 3, 7)))


def test_a_sum_that_is_0_or_nan_is_rectified_as_defined() -> None:
    """Of a block whose filter is -1 the sum is x - x: 0, through which no gradient passes; NaN stays."""
    block = Residual([Convolution(16, 1, bias=False)])
    network = Network([block, ReLU(), Linear(2)], (16, 1, 1), seed=1)
    network.w[: 16 * 16] = -np.eye(16, dtype=np.float32).ravel()
    engine = Compiled(network)
    w = engine.layout.pack(network.w)
    gw = np.ones_like(w)
    x = np.random.default_rng(0).standard_normal((3, 16, 1, 1)).astype(np.float32)
    engine.loss_and_gradient(w, Batch(x, np.array([0, 1, 0])), gw)
    assert not engine.layout.unpack(gw)[: 16 * 16].any()
    x[1] = np.nan
    assert np.isnan(engine.outputs(w, x)).all(axis=1).tolist() == [False, True, False]
