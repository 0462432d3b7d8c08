"""The sliding windows that convolution and pooling look through, along the axes of an image or of a signal.

Window i begins at pixel S i - P of x and holds every D-th pixel from there, K of them: S i + D d - P, d = 0 .. K - 1.
An axis of n pixels with P zeros before and Q behind them has room for (n + P + Q - D (K - 1) - 1) // S + 1 windows. An
image has two axes, i and j, a signal one; each has a K, S, D, P and Q of its own.

Padding "same" makes ceil(n / S) windows: P + Q = max(0, (ceil(n / S) - 1) S + D (K - 1) + 1 - n), half of it before,
and an odd zero behind, as in PyTorch and in ONNX's SAME_UPPER.
"""

from collections.abc import Iterator
from itertools import starmap
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Sizes = int | tuple[int, ...]
"""A number for all axes, or one for each."""
Padding = Sizes | str


class Windows(NamedTuple):
    """The windows over x (s, c, ...): for each axis its pixels, K, S, D, and (P, Q)."""

    pixels: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    @property
    def spans(self) -> list[int]:
        """The pixels from a window's first to its last."""
        return [d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True)]

    @property
    def padded(self) -> tuple[int, ...]:
        """x's pixels with the zeros around them."""
        return tuple(n + before + behind for n, (before, behind) in zip(self.pixels, self.padding, strict=True))

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows there are."""
        along = zip(self.padded, self.spans, self.stride, strict=True)
        return tuple((n - span) // stride + 1 for n, span, stride in along)

    def pad(self, x: np.ndarray, value: float = 0) -> np.ndarray:
        """x with P pixels of that value before and Q behind."""
        if not any(map(any, self.padding)):
            return x
        return np.pad(x, ((0, 0),) * (x.ndim - len(self.size)) + self.padding, constant_values=value)

    def crop(self, x: np.ndarray) -> np.ndarray:
        """A view of a padded x without its padding."""
        inner = (slice(before, before + n) for n, (before, _) in zip(self.pixels, self.padding, strict=True))
        return x[(..., *inner)]

    def views(self, x: np.ndarray) -> np.ndarray:
        """A view of a padded x with views[s, c, i, j, d, e] = x[s, c, S i + D d, S j + D e]."""
        axes = tuple(range(x.ndim - len(self.size), x.ndim))
        all_of_them = sliding_window_view(x, self.spans, axis=axes)  # type: ignore[call-overload]
        steps = starmap(slice, ((None, None, step) for step in (*self.stride, *self.dilation)))
        return all_of_them[(..., *steps)]

    def elements(self, x: np.ndarray) -> Iterator[np.ndarray]:
        """For each offset (d, e), row by row: the view x[s, c, S i + D d, S j + D e] of a padded x."""
        room = [n - span + 1 for n, span in zip(self.padded, self.spans, strict=True)]
        for offset in np.ndindex(*self.size):
            along = zip(offset, self.dilation, room, self.stride, strict=True)
            yield x[(..., *(slice(d * k, d * k + n, step) for k, d, n, step in along))]

    def inside(self) -> np.ndarray:
        """Of a padded x: which are its own pixels."""
        return self.pad(np.ones(self.pixels, bool))


def windows(
    pixels: tuple[int, ...], size: Sizes, *, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1
) -> Windows:
    """Those over so many pixels, `padding` zeros on both sides of each axis, or as many as "same" asks for."""
    size, stride, dilation = (each(numbers, len(pixels)) for numbers in (size, stride, dilation))
    if not isinstance(padding, str):
        return Windows(pixels, size, stride, dilation, tuple((p, p) for p in each(padding, len(pixels))))
    bare = Windows(pixels, size, stride, dilation, ())
    along = zip(pixels, bare.spans, stride, strict=True)
    zeros = [max(0, (-(-n // step) - 1) * step + span - n) for n, span, step in along]
    return bare._replace(padding=tuple((n // 2, n - n // 2) for n in zeros))


def each(numbers: Sizes, axes: int) -> tuple[int, ...]:
    """The number of each axis."""
    return numbers if isinstance(numbers, tuple) else (numbers,) * axes
