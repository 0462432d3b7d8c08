"""The values between stages: x_k of a batch and dL/dx_k, each in its layout."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from chainrule.engine.layout import LINE_FLOATS, Image, View, odd_lines
from chainrule.engine.runtime.calls import PerWorker, Window
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.sharing import AT_ONCE, FOREVER, Passes, Pool, Shared
from chainrule.engine.simd import BOUNDSCHECK
from chainrule.engine.weights import elements

FLOAT32 = np.dtype(np.float32)


@dataclass
class Room:
    """How much buffers are allocated for, and of the network's type."""

    samples: int
    workers: int
    gradients: bool
    dtype: np.dtype = FLOAT32
    passes: Passes = AT_ONCE
    """Of the stage that is being made, in the moments of a training step."""
    pool: Pool = field(default_factory=Pool)

    def number(self, value: float) -> np.floating:
        """A number as kernels of that type take it."""
        return self.dtype.type(value)

    def zeros(self, n: int) -> np.ndarray:
        """A buffer of so many numbers."""
        return aligned_zeros(n, self.dtype.type)

    def share(self, n: int, life: int) -> Shared:
        """A buffer of so many numbers, which in a training step others use, too, outside its life; they are no zeros.
        Its memory is known once all have asked for theirs."""
        return self.pool.ask(n, self.dtype.type, life if self.gradients and not BOUNDSCHECK else FOREVER)

    def scratch(self, floats: int) -> PerWorker:
        """Numbers to work with, whole cache lines for each worker."""
        floats = -(-floats // LINE_FLOATS) * LINE_FLOATS
        return PerWorker(self.zeros(self.workers * floats).reshape(self.workers, floats))

    def window(self, stride: int, kind: type | None = None) -> np.ndarray | Window:
        """A buffer of one sample for each worker, handed on from kernel to kernel; whole where offsets are checked."""
        if BOUNDSCHECK:
            return self.whole(stride, kind)
        buffer = aligned_zeros(self.workers * stride, kind or self.dtype.type)
        return Window(buffer.reshape(self.workers, stride), stride)

    def whole(self, stride: int, kind: type | None = None) -> np.ndarray:
        """A buffer of all samples, `stride` elements apart."""
        return aligned_zeros(self.samples * stride, kind or self.dtype.type)

    def held(self, image: Image, passes: bool, life: int) -> Callable[[], np.ndarray | Window]:
        """What holds such images, one at a time if they are passed on; once all have asked for theirs. What is written
        whole is shared: zeros around an image, or behind its channels, would be lost."""
        if passes or image.halo or image.halo_rows or image.channels % image.lanes:
            buffer = (self.window if passes else self.whole)(image.stride)
            return lambda: buffer
        shared = self.share(self.samples * image.stride, life)
        return lambda: shared.array


class Lives(NamedTuple):
    """Of a value's x and dL/dx (`engine/moments.py`)."""

    x: int = FOREVER
    gradient: int = FOREVER


ALONE = Lives()


class Handed(NamedTuple):
    """What of a value is handed on sample by sample, and need not live longer; then zeros may lie around dL/dx."""

    x: bool = False
    gradient: bool = False
    halo: tuple[int, int] = (0, 0)  # rows and columns of dL/dx's


KEPT = Handed()


@dataclass
class Value:
    """x_k of a batch, and dL/dx_k: of all samples, or of one at a time (a window)."""

    view: View
    gradient: View  # without a halo, but as it is handed on
    rectified: bool = False
    """Whether x is 0 only where no gradient passes: a ReLU's output, pooled or dropped."""

    @classmethod
    def room(cls, image: Image, room: Room) -> "Value":
        """A value that lies so, in memory of its own."""
        return cls.asked(image, room)()

    @classmethod
    def asked(cls, image: Image, room: Room, handed: Handed = KEPT, lives: Lives = ALONE) -> Callable[[], "Value"]:
        """A value that lies so, once all have asked for theirs; of what is handed on there is room for one sample at a
        time."""
        rows, columns = handed.halo
        around = image._replace(halo=columns, halo_rows=rows)
        around = around._replace(stride=odd_lines(elements(around, halo=True)))
        nothing = room.zeros(0)
        x = room.held(image, handed.x, lives.x) if lives.x else lambda: nothing
        gx = room.held(around, handed.gradient, lives.gradient) if room.gradients else lambda: nothing
        return lambda: cls(View(x(), image), View(gx(), around))

    @property
    def image(self) -> Image:
        return self.view.image

    @property
    def passes(self) -> bool:
        """Whether x is handed on sample by sample, and not kept."""
        return isinstance(self.view.values, Window)

    def alias(self, own: "Value") -> "Value":
        """The value as one of several readers has it: its own gradient; the same x, if it lies alike."""
        own.view = self.view if own.image == self.image else own.view
        own.rectified = self.rectified
        return own

    def canonical(self, samples: int, gradient: bool = False) -> np.ndarray:
        """(samples, c, h, w) of x, or of dL/dx: a copy."""
        of = self.gradient if gradient else self.view
        pixels = blocked(of, samples).transpose(0, 1, 4, 2, 3)
        c, h, w = of.image.channels, of.image.height, of.image.width
        return pixels.reshape(samples, pixels.shape[1] * of.image.lanes, h, w)[:, :c].copy()

    def put(self, values: np.ndarray, gradient: bool = False) -> None:
        """Write (samples, c, h, w), or any shape of as many numbers, as x or as dL/dx."""
        to = self.gradient if gradient else self.view
        c, h, w = to.image.channels, to.image.height, to.image.width
        lanes, values = to.image.lanes, values.reshape(len(values), c, h, w)
        pixels = blocked(to, len(values))
        for block in range(pixels.shape[1]):
            part = values[:, block * lanes : (block + 1) * lanes]
            pixels[:, block, :, :, : part.shape[1]] = part.transpose(0, 2, 3, 1)


def blocked(view: View, samples: int) -> np.ndarray:
    """(samples, blocks, height, width, lanes) of a view, without its halo: the memory itself."""
    values, image, above, halo = view.values, view.image, view.image.halo_rows, view.image.halo
    if isinstance(values, Window):
        raise TypeError("a window holds one sample at a time")
    blocks = -(-image.channels // image.lanes)
    rows = image.height + 2 * above
    columns = image.width + 2 * halo
    size = blocks * rows * columns * image.lanes
    whole = values[: samples * image.stride].reshape(samples, image.stride)[:, :size]
    pixels = whole.reshape(samples, blocks, rows, columns, image.lanes)
    return pixels[:, :, above : above + image.height, halo : halo + image.width]
