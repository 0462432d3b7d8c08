"""How the engine lays out images, in blocks of one vector's channels, and where each element stands."""

from typing import NamedTuple

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES

LINE = 16  # float32 in a cache line of 64 bytes


class Image(NamedTuple):
    """The images of one buffer. Numba takes it as an argument."""

    channels: int
    height: int
    width: int
    halo: int  # rows and columns of zeros on each side: the padding of the convolution that reads it
    lanes: int  # channels in a block: LANES, or 1 for the planes of the network's input
    stride: int  # floats from one sample to the next


def image(channels: int, height: int, width: int, halo: int = 0, lanes: int = LANES) -> Image:
    """An image, its samples an odd number of cache lines apart so that they do not fall on one another in L1."""
    blocks = -(-channels // lanes)
    return Image(
        channels, height, width, halo, lanes, odd_lines(blocks * lanes * (height + 2 * halo) * (width + 2 * halo))
    )


def odd_lines(floats: int) -> int:
    """At least so many floats, in an odd number of cache lines."""
    return (-(-floats // LINE) | 1) * LINE


@kernel
def row_floats(x):
    """Floats from one row of the image to the next."""
    return (x.width + 2 * x.halo) * x.lanes


@kernel
def block_floats(x):
    """Floats from one block of channels to the next."""
    return (x.height + 2 * x.halo) * row_floats(x)


@kernel
def place(x, s, c, i, j):
    """Where channel c of pixel (i, j) of sample s stands; i and j may reach into the halo."""
    block = c // x.lanes
    return (
        s * x.stride + block * block_floats(x) + (i + x.halo) * row_floats(x) + (j + x.halo) * x.lanes + c % x.lanes
    )
