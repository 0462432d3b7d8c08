"""The input gradient of a direct convolution: the same kernel, over dL/dy in a halo, with filters that are rotated."""

import numpy as np
import pytest

from chainrule.engine.kernels.convolution.direct import kernels_for, pack_weights, packed_floats, tile_vectors
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes, Filters
from chainrule.engine.layout import image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import padded
from chainrule.engine.stages.value import Room, Value
from chainrule.layers.convolution import convolution_input_gradient


@pytest.mark.parametrize(
    ("ic", "oc", "k", "padding"), [(1, 1, 1, 0), (3, 2, 2, 1), (2, 5, 3, 1), (17, 3, 3, 0), (2, 2, 5, 2)]
)
def test_it_is_the_definitions(ic, oc, k, padding):
    samples, height, width = 2, 6, 7
    rows, columns = height + 2 * padding - k + 1, width + 2 * padding - k + 1
    rng = np.random.default_rng(k)
    w = rng.standard_normal((oc, ic, k, k)).astype(np.float32)
    gy = rng.standard_normal((samples, oc, rows, columns)).astype(np.float32)
    back = k - 1 - padding  # the halo of dL/dy
    backward = ConvolutionSizes(ic, oc, k, 1, back, height, width)
    forward = backward._replace(out_channels=oc, in_channels=ic)
    packed, no_bias = aligned_zeros(packed_floats(ic, oc, k)), aligned_zeros(padded(ic))
    pack_weights(w.reshape(-1), 0, packed, forward, tile_vectors(ic, w.dtype), 1)
    given = Value.room(image(oc, rows, columns, back), Room(samples, 1, gradients=False))
    found = Value.room(image(ic, height, width), Room(samples, 1, gradients=False))
    given.put(gy)
    _, convolution = kernels_for(backward, w.dtype)
    convolution(Filters(packed, no_bias), given.view, found.view, backward, 0, 0, samples)
    exact = convolution_input_gradient(gy.astype(float), (samples, ic, height, width), w.astype(float), padding=padding)
    np.testing.assert_allclose(found.canonical(samples), exact, rtol=0, atol=2e-6 * np.abs(exact).max())
