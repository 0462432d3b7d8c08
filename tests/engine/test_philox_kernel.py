"""The masks of the kernels are those of `chainrule.random`, bit by bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.base.random import Draws
from chainrule.engine.kernels.philox import keep_image, keep_sample, mask
from chainrule.engine.layout import Image, View, image

word = st.integers(0, 2**32 - 1)
draws = st.builds(Draws, seed=st.integers(0, 2**64 - 1), layer=word, step=word, offset=st.integers(0, 2**31))
probability = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1 - 2**-33]), st.floats(0, 1, exclude_max=True))


@given(draws, probability, st.integers(0, 150), st.integers(0, 3), st.integers(0, 20))
@settings(max_examples=200)
def test_a_keep_mask_is_that_of_the_draws(draws: Draws, p: float, elements: int, sample: int, at: int) -> None:
    out = np.full(at + elements + 40, 7, np.uint8)
    keep_sample(mask(draws, p), draws.offset + sample, out, at, elements)
    expected = draws.keep(p, sample + 1, elements)[sample]
    np.testing.assert_array_equal(out[at : at + elements], expected)
    assert (out[:at] == 7).all()
    assert (out[at + elements :] == 7).all()


def test_a_whole_sample_of_the_digit_recogniser() -> None:
    draws, out = Draws(seed=2**63 + 12345, layer=5, step=77, offset=64), np.zeros(9216, np.uint8)
    keep_sample(mask(draws, 0.25), 64 + 3, out, 0, 9216)
    np.testing.assert_array_equal(out, draws.keep(0.25, 4, 9216)[3])


def blocked(keep: np.ndarray, x: Image) -> np.ndarray:
    """(samples, x.stride): the masks (samples, c, i, j) as the image lies, 0 in padded lanes."""
    samples, blocks = len(keep), -(-x.channels // x.lanes)
    full = np.zeros((samples, blocks * x.lanes, x.height, x.width), np.uint8)
    full[:, : x.channels] = keep
    return full.reshape(samples, blocks, x.lanes, x.height, x.width).transpose(0, 1, 3, 4, 2).reshape(samples, -1)


@pytest.mark.parametrize("size", [(64, 12, 12), (16, 2, 2), (20, 6, 6), (64, 7, 7), (3, 5, 3), (33, 1, 2), (100, 1, 1)])
@pytest.mark.parametrize("nchw", [False, True])
def test_a_keep_mask_lies_as_the_image_lies(size: tuple[int, int, int], nchw: bool) -> None:
    x = image(*size, lanes=1) if nchw else image(*size)
    draws, p, samples = Draws(seed=42, layer=3, step=9, offset=1000), 0.3, 3
    out = np.zeros(samples * x.stride, np.uint8)
    for s in range(samples):
        keep_image(mask(draws, p), draws.offset + s, View(out, x), s)
    expected = blocked(draws.keep(p, samples, int(np.prod(size))).reshape(samples, *size), x)
    found = out.reshape(samples, x.stride)
    n = np.prod(size) if size[1:] == (1, 1) or nchw else expected.shape[1]
    np.testing.assert_array_equal(found[:, :n], expected[:, :n])
    assert not found[:, n:].any()
