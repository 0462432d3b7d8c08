"""The direct convolution and its dense weight gradient against their definitions."""

import numpy as np
import pytest

from chainrule.engine.kernels.convolution.direct import kernels_for, pack_weights, packed_floats, tile_vectors
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes, Filters, GradientSlot
from chainrule.engine.kernels.convolution.weights import (
    bias_gradient,
    make_nchw_gradient,
    make_nchwc_gradient,
    reduce_bias_gradient,
    reduce_weight_gradient,
    slot_floats,
)
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import convolution as definition

CASES = [  # samples, ic, oc, height, width, kernel, stride, padding, lanes of x
    (2, 1, 32, 12, 14, 3, 1, 0, 1),
    (2, 3, 5, 8, 9, 3, 1, 0, 1),
    (1, 20, 70, 7, 7, 3, 1, 1, LANES),
    (2, 16, 65, 9, 11, 5, 2, 2, LANES),
    (1, 3, 10, 6, 5, 2, 3, 1, 1),
    (2, 40, 17, 4, 4, 1, 1, 0, LANES),
    (3, 33, 129, 13, 29, 3, 2, 0, LANES),
    (2, 5, 7, 8, 8, 7, 1, 3, LANES),
]


def filled(picture: Image, values: np.ndarray) -> View:
    """The values (s, c, i, j) in that layout."""
    room = Value.room(picture, Room(len(values), 1, gradients=False))
    room.put(values)
    return room.view


def sizes(case: tuple[int, ...]) -> tuple[ConvolutionSizes, Image, Image]:
    _, ic, oc, height, width, k, stride, padding, lanes = case
    rows, columns = ((n + 2 * padding - k) // stride + 1 for n in (height, width))
    return (
        ConvolutionSizes(oc, ic, k, stride, padding, rows, columns),
        image(ic, height, width, padding, lanes=lanes),
        image(oc, rows, columns),
    )


@pytest.mark.parametrize("case", CASES)
def test_convolution(case):
    samples, ic, oc, height, width, k, stride, padding, _ = case
    shape, xi, yi = sizes(case)
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(n).astype(np.float32) for n in ((samples, ic, height, width), (oc, ic, k, k), oc))
    packed, bias = aligned_zeros(packed_floats(oc, ic, k)), aligned_zeros(padded(oc))
    bias[:oc] = b
    pack_weights(w.reshape(-1), 0, packed, shape, tile_vectors(oc, w.dtype), 0)
    _, convolution = kernels_for(shape, x.dtype)
    y = Value.room(yi, Room(samples, 1, gradients=False))
    for first in range(samples):
        convolution(Filters(packed, bias), filled(xi, x), y.view, shape, 0, first, first + 1)
    expected = definition.convolution(x.astype(float), w.astype(float), b.astype(float), stride=stride, padding=padding)
    np.testing.assert_allclose(y.canonical(samples), expected, rtol=0, atol=2e-6 * np.abs(expected).max())
    convolution(Filters(packed, bias), filled(xi, x), y.view, shape, 1, 0, samples)
    np.testing.assert_allclose(y.canonical(samples), np.maximum(expected, 0), atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("case", CASES)
def test_weight_gradient_by_slots(case):
    samples, ic, oc, height, width, k, stride, padding, lanes = case
    shape, xi, yi = sizes(case)
    rng = np.random.default_rng(1)
    x, gy = (
        rng.standard_normal(n).astype(np.float32)
        for n in ((samples, ic, height, width), (samples, oc, shape.rows, shape.columns))
    )
    add_gradient = (make_nchw_gradient if lanes == 1 else make_nchwc_gradient)(k if k <= 3 else 1, k)
    floats = slot_floats(shape, lanes)
    slots, bias_slots = aligned_zeros(2 * floats), aligned_zeros(2 * padded(oc))
    g, xs = filled(yi, gy), filled(xi, x)
    for slot, (first, last) in enumerate([(0, samples // 2), (samples // 2, samples)]):
        slot_w = slots[slot * floats : (slot + 1) * floats]
        slot_b = bias_slots[slot * padded(oc) : (slot + 1) * padded(oc)]
        if lanes == 1:
            add_gradient(g, g, xs, GradientSlot(slot_w, slot_b), shape, 0, first, last)
        else:
            add_gradient(g, xs, slot_w, shape, first, last)
            bias_gradient(g, slot_b, first, last)
    gw, gb = np.zeros(oc * ic * k * k + 3, np.float32), np.zeros(oc, np.float32)
    reduce_weight_gradient(slots, gw, 3, shape, lanes, 2, floats)
    reduce_bias_gradient(bias_slots, gb, 0, oc, 2, padded(oc))
    expected = definition.convolution_weight_gradient(
        gy.astype(float), x.astype(float), k, stride=stride, padding=padding
    )
    np.testing.assert_allclose(gw[3:].reshape(expected.shape), expected, rtol=0, atol=3e-6 * np.abs(expected).max())
    np.testing.assert_allclose(gb, gy.sum(axis=(0, 2, 3)), atol=1e-4)


def test_nan_reaches_every_output_that_sees_it():
    shape, xi, yi = sizes((1, 2, 3, 6, 6, 3, 1, 0, LANES))
    x = np.zeros((1, 2, 6, 6), np.float32)
    x[0, 1, 2, 2] = np.nan
    packed, y = aligned_zeros(packed_floats(3, 2, 3)), Value.room(yi, Room(1, 1, gradients=False))
    pack_weights(np.ones(54, np.float32), 0, packed, shape, 1, 0)
    _, convolution = kernels_for(shape, x.dtype)
    convolution(Filters(packed, aligned_zeros(padded(3))), filled(xi, x), y.view, shape, 1, 0, 1)
    seen = np.isnan(y.canonical(1)[0])
    assert seen[:, :3, :3].all()
    assert not seen[:, 3].any()
