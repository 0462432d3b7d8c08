"""The sliding windows that convolution and pooling look through."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chainrule.layers.layer import Layer, Shape
from chainrule.layers.shapes import image_shape, whole_numbers, window_count


def windows(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """A view of x (s, c, H, W) with windows[s, c, i, j, di, dj] = x[s, c, i * stride + di, j * stride + dj]."""
    return sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]  # type: ignore[call-overload]


def patch_elements(x: np.ndarray, kernel: int, stride: int) -> Iterator[np.ndarray]:
    """For each offset (di, dj), row by row: the view x[s, c, i * stride + di, j * stride + dj]."""
    rows, columns = (size - kernel + 1 for size in x.shape[2:])
    for di, dj in np.ndindex(kernel, kernel):
        yield x[:, :, di : di + rows : stride, dj : dj + columns : stride]


def pad(x: np.ndarray, padding: int) -> np.ndarray:
    """x (s, c, H, W) with `padding` rows and columns of zeros on each side."""
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))) if padding else x


@dataclass(frozen=True)
class Pooling(Layer):
    """What poolings share: each patch of `size` x `size` pixels becomes one, channel by channel."""

    size: int = 2
    stride: int = 0  # 0: the size, patches side by side

    def __post_init__(self) -> None:
        whole_numbers(self, "size")
        whole_numbers(self, "stride", minimum=0)

    def __str__(self) -> str:
        more = f", stride={self.step}" if self.step != self.size else ""
        return f"{type(self).__name__}({self.size}x{self.size}{more})"

    @property
    def step(self) -> int:
        """How many pixels two neighbouring patches are apart."""
        return self.stride or self.size

    def y_shape(self, x_shape: Shape) -> Shape:
        channels, height, width = image_shape(self, x_shape)
        return (
            channels,
            window_count(self, height, self.size, self.step),
            window_count(self, width, self.size, self.step),
        )
