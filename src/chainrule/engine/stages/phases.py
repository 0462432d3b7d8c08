"""Which taps a convolution reads: all of a window's forward, and those of each phase of the input gradient.

The formula: engine/kernels/convolution/taps.py.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.taps import TapSizes
from chainrule.engine.layout import Image
from chainrule.engine.stages.stage import Halo
from chainrule.layers.windows import Windows


class Taps(NamedTuple):
    """The taps of a convolution, or of a phase of its input gradient."""

    at: list[tuple[int, int, int]]  # of each: which element of the window it is, its row and column in x
    read: tuple[int, ...]
    read_step: tuple[int, ...]
    written: tuple[int, ...]
    written_step: tuple[int, ...]
    counts: tuple[int, ...]  # rows and columns of y that are computed

    def offsets(self, x: Image) -> np.ndarray:
        """How many elements of x each lies behind the window's first pixel."""
        row = (x.width + 2 * x.halo) * x.lanes
        return np.array([i * row + j * x.lanes for _, i, j in self.at], np.int64)

    def sizes(self, outputs: int, inputs: int, groups: int) -> TapSizes:
        """Those of the convolution, from so many channels to so many."""
        _, read, read_step, written, written_step, (rows, columns) = self
        of_group = outputs // groups, inputs // groups
        return TapSizes(outputs, *of_group, len(self.at), rows, columns, read, read_step, written, written_step)

    @property
    def order(self) -> np.ndarray:
        """Which element of the window each is."""
        return np.array([k for k, *_ in self.at], np.int64)


def forward_taps(at: Windows) -> Taps:
    """All of a window's elements."""
    (_, columns), (down, across), (above, left) = at.size, at.dilation, (before for before, _ in at.padding)
    taps = [(di * columns + dj, di * down, dj * across) for di, dj in np.ndindex(at.size)]
    return Taps(taps, (-above, -left), at.stride, (0, 0), (1, 1), at.counts)


def phases(at: Windows) -> list[Taps]:
    """Those of the input gradient: what each pixel of x, a + S m, gets from dL/dy at m + its taps."""
    along = [_phases_along(at, axis) for axis in (0, 1)]
    found = []
    for (a, rows, down), (b, columns, across) in product(*along):
        taps = [(di * at.size[1] + dj, i, j) for di, i in down for dj, j in across]
        found.append(Taps(taps, (0, 0), (1, 1), (a, b), at.stride, (rows, columns)))
    return found


def _phases_along(at: Windows, axis: int) -> list[tuple[int, int, list[tuple[int, int]]]]:
    """Of each phase: its first pixel, how many, and (d, where in dL/dy) of each tap."""
    n, size, stride, dilation = at.pixels[axis], at.size[axis], at.stride[axis], at.dilation[axis]
    before = at.padding[axis][0]
    found = []
    for a in range(min(stride, n)):
        apart = [(d, a + before - dilation * d) for d in reversed(range(size))]  # upwards in dL/dy
        taps = [(d, far // stride) for d, far in apart if far % stride == 0]
        found.append((a, -(-(n - a) // stride), taps))
    return found


def reach(taps: Sequence[Taps], pixels: tuple[int, ...]) -> Halo:
    """The zeros that they read around an image of so many rows and columns."""
    halo = [0, 0]
    for each, axis in product(taps, (0, 1)):
        there = [each.read[axis] + tap[1 + axis] for tap in each.at]
        if there and each.counts[axis]:
            last = (each.counts[axis] - 1) * each.read_step[axis] + max(there)
            halo[axis] = max(halo[axis], -min(there), last - (pixels[axis] - 1))
    return Halo(*halo)
