"""Windows that are alike along both axes of an image: what the kernels of square windows take."""

from typing import NamedTuple

from chainrule.engine.stages.stage import Upcoming
from chainrule.layers.pooling import Pooling
from chainrule.layers.windows import Windows


class Square(NamedTuple):
    """A window of K x K neighbouring pixels."""

    kernel_size: int
    stride: int
    padding: int


def square_of(windows: Windows) -> Square | None:
    """The numbers of both axes, if these are as many on each side; else None."""
    if len(windows.pixels) != 2 or windows.dilation != (1, 1):
        return None
    numbers = {*zip(windows.size, windows.stride, windows.padding, strict=True)}
    (size, stride, (before, behind)), *others = numbers
    return None if others or before != behind else Square(size, stride, before)


def is_filter(square: Square) -> bool:
    """Whether it is a filter of several pixels, at each pixel."""
    return square.stride == 1 and square.kernel_size > 1


def taken_patches(nodes: Upcoming, kind: type[Pooling]) -> int | None:
    """The next layer's K, taken, if it is a pooling of K x K pixels side by side."""
    layer = nodes.take(kind)
    square = layer and square_of(layer.windows_over(nodes.last_x_shape))
    return square.kernel_size if square and square == Square(square.kernel_size, square.kernel_size, 0) else None


def on_image(windows: Windows) -> Windows:
    """The same over an image of one row, if they are a signal's."""
    if len(windows.pixels) == 2:
        return windows
    ones = (1,), (1,), (1,), (1,), ((0, 0),)
    return Windows(*(one + own for one, own in zip(ones, windows, strict=True)))  # type: ignore[arg-type]
