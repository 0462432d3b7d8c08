"""How the engine lays out values, and where each element stands.

An image's channels stand in *NCHWc blocks*, c being one vector's channels: [s][block][i][j][c]; the network's input may
be in NCHW, which is a block of one channel each. Around it may be a *halo* of zeros, the padding of the convolution
that reads it. A vector of n numbers is an image of n channels and one pixel.
"""

from typing import Any, NamedTuple

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.runtime.memory import CACHE_LINE
from chainrule.engine.simd import LANES

LINE_FLOATS = CACHE_LINE // 4  # float32 in a cache line


class Image(NamedTuple):
    """The images of one buffer. Lengths are in elements."""

    channels: int
    height: int
    width: int
    halo: int  # columns of zeros on each side, at least as many as halo_rows
    lanes: int  # channels in a block: LANES; 1 is NCHW
    stride: int  # from one sample to the next
    halo_rows: int = 0  # of zeros above and below; a signal, an image of one row, has none


class View(NamedTuple):
    """A value, or its gradient, as one argument of a kernel: its elements, flat, and how they lie."""

    values: Any  # an array; to `bind`, also one that differs from run to run
    image: Image


def image(
    channels: int, height: int, width: int, halo: int = 0, *, lanes: int = LANES, halo_rows: int | None = None
) -> Image:
    """An image, its samples an odd number of cache lines apart so that they do not fall on one another in L1.

    `halo_rows`: by default as many as columns.
    """
    above = halo if halo_rows is None else halo_rows
    halo = max(halo, above)
    floats = -(-channels // lanes) * lanes * (height + 2 * above) * (width + 2 * halo)
    return Image(channels, height, width, halo, lanes, odd_lines(floats), above)


def odd_lines(floats: int) -> int:
    """At least so many floats, in an odd number of cache lines."""
    return (-(-floats // LINE_FLOATS) | 1) * LINE_FLOATS


@kernel
def vectors_of(channels):
    """How many vectors hold so many numbers."""
    return (channels + LANES - 1) // LANES


@kernel
def blocks_of(image):
    """How many NCHWc blocks hold its channels."""
    return (image.channels + image.lanes - 1) // image.lanes


@kernel
def row_floats(image):
    """Elements from one row of the image to the next."""
    return (image.width + 2 * image.halo) * image.lanes


@kernel
def block_floats(image):
    """Elements from one block of channels to the next."""
    return (image.height + 2 * image.halo_rows) * row_floats(image)


@kernel
def place(image, s, c, i, j):
    """Where channel c of pixel (i, j) of sample s stands; i and j may reach into the halo."""
    block = s * image.stride + c // image.lanes * block_floats(image)
    return block + (i + image.halo_rows) * row_floats(image) + (j + image.halo) * image.lanes + c % image.lanes
