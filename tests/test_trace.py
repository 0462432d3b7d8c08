"""A trace keeps every x_k and every dL/dx_k of one batch."""

import re
from typing import Any

import numpy as np
import pytest

from chainrule import DataError, Dropout, Linear, Network, UsageError, trace
from chainrule.data import mnist
from chainrule.layers.layer import Context, within
from chainrule.tasks.presets import preset
from messages import exactly


@pytest.fixture
def kept():
    batch = mnist("train").head(3)
    return trace(preset("lecture").network(), batch.x, batch.t)


def test_all_values_and_gradients_are_there_with_their_shapes(kept):
    shapes = [(3, *shape) for shape in kept.network.shapes]
    assert [x.shape for x in kept.x] == shapes
    assert [gx.shape for gx in kept.gx] == shapes
    assert {name: g.shape for name, g in kept.gw.items()} == {name: w.shape for name, w in kept.w.items()}


def test_each_value_follows_from_the_one_before(kept):
    for k, part in enumerate(kept.network.parts):
        w = within(kept.network.named(), part.name)
        y, saved = part.layer.forward(kept.x[k], w, Context())
        np.testing.assert_array_equal(y, kept.x[k + 1])
        gx, _ = part.layer.backward(kept.gx[k + 1], saved, w, Context())
        np.testing.assert_array_equal(gx, kept.gx[k])


def test_the_loss_and_its_gradient_by_the_scores(kept):
    t = mnist("train").head(3).t
    p = np.exp(kept.x[-1]) / np.exp(kept.x[-1]).sum(axis=1, keepdims=True)
    assert kept.loss == pytest.approx(-np.log(p[[0, 1, 2], t]).sum(), rel=1e-6)
    np.testing.assert_allclose(kept.gx[-1], p - np.eye(10)[t], atol=1e-6)


def test_print_shows_a_line_for_each(kept):
    lines = str(kept).splitlines()
    assert re.split(" {2,}", lines[0]) == ["x_k", "shape", "rms x_k", "zeros", "rms dL/dx_k", "zeros"]
    assert len(lines) == 1 + len(kept.x)
    assert lines[2].startswith("1 Convolution(32, 3x3)  32 x 26 x 26")


def test_a_label_that_is_none_is_refused(kept):
    with pytest.raises(DataError, match="label 10"):
        trace(kept.network, kept.x[0], [1, 2, 10])


loose: Any = trace
"""For arguments that a type checker would refuse."""


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: loose(3, [[1.0]], [0]), UsageError, "the network is 3; expected a Network"),
        (lambda: loose(linear(), [["a"]], [0]), DataError, "x holds <U1; expected numbers"),
        (lambda: loose(linear(), [[1.0]], ["a"]), DataError, "t holds <U1; expected numbers"),
        (
            lambda: loose(linear(), [[1.0]], [0], step=-1),
            UsageError,
            "step is -1; expected a whole number of at least 0",
        ),
    ],
)
def test_what_cannot_be_traced_is_told(ask, error, message):
    with pytest.raises(error, match=exactly(message)):
        ask()


def linear() -> Network:
    return Network([Linear(2)], 1)


def test_seed_and_step_draw_the_dropout():
    network, x = Network([Dropout(0.5), Linear(2)], 50), np.ones((2, 50), np.float32)
    drawn = [trace(network, x, [0, 1], seed=seed, step=step).x[1] for seed, step in ((1, 2), (1, 2), (1, 3), (2, 2))]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[3])


def test_large_numbers_have_a_root_mean_square():
    """Their squares are too large for float32."""
    large = trace(linear(), np.full((1, 1), 1e30, np.float32), [0])
    assert str(large).splitlines()[1].split()[3] == "1e+30"
