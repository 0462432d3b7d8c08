"""The values between stages: x_k of a batch and dL/dx_k, each in its layout."""

from dataclasses import dataclass

import numpy as np

from chainrule.engine.layout import Image, odd_lines
from chainrule.engine.runtime.calls import Window
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import BOUNDSCHECK
from chainrule.engine.weights import elements


@dataclass
class Room:
    """For how much to allocate."""

    samples: int
    workers: int
    gradients: bool

    def window(self, stride: int, kind: type = np.float32) -> np.ndarray | Window:
        """For what is handed on from kernel to kernel, sample by sample; whole where offsets are checked."""
        if BOUNDSCHECK:
            return self.whole(stride, kind)
        return Window(aligned_zeros(self.workers * stride, kind).reshape(self.workers, stride), stride)

    def whole(self, stride: int, kind: type = np.float32) -> np.ndarray:
        """For what all samples have at once."""
        return aligned_zeros(self.samples * stride, kind)


@dataclass
class Value:
    """x_k of a batch, and dL/dx_k: of all samples, or of one at a time (a window)."""

    image: Image
    x: np.ndarray | Window
    gx: np.ndarray | Window
    gradient_image: Image
    rectified: bool = False
    """Whether x is 0 only where no gradient passes: a ReLU's output, pooled or dropped."""

    @classmethod
    def room(cls, image: Image, room: Room, x_window: bool = False, gx_window: bool = False) -> "Value":
        plain = image._replace(halo=0, stride=odd_lines(elements(image)))
        x = (room.window if x_window else room.whole)(image.stride)
        gx = (room.window if gx_window else room.whole)(plain.stride) if room.gradients else np.empty(0, np.float32)
        return cls(image, x, gx, plain)

    def alias(self, image: Image, room: Room) -> "Value":
        """For one reader of several: the same x, unless it is to lie otherwise, and a gradient of its own."""
        other = Value.room(image, room)
        if image == self.image:
            other.x = self.x
        other.rectified = self.rectified
        return other

    def canonical(self, samples: int, gradient: bool = False) -> np.ndarray:
        """(samples, c, h, w) of x, or of dL/dx: a copy."""
        image, flat = (self.gradient_image, self.gx) if gradient else (self.image, self.x)
        c, h, w = image.channels, image.height, image.width
        blocks = _blocks(flat, image, samples).transpose(0, 1, 4, 2, 3)
        return blocks.reshape(samples, blocks.shape[1] * image.lanes, h, w)[:, :c].copy()

    def put(self, values: np.ndarray, gradient: bool = False) -> None:
        """Write (samples, c, h, w), or any shape of as many numbers, as x or as dL/dx."""
        image, flat = (self.gradient_image, self.gx) if gradient else (self.image, self.x)
        c, h, w = image.channels, image.height, image.width
        values = values.reshape(len(values), c, h, w)
        blocks = _blocks(flat, image, len(values))
        for block in range(blocks.shape[1]):
            part = values[:, block * image.lanes : (block + 1) * image.lanes]
            blocks[:, block, :, :, : part.shape[1]] = part.transpose(0, 2, 3, 1)


def _blocks(flat: np.ndarray | Window, image: Image, samples: int) -> np.ndarray:
    """A view (samples, blocks, height, width, lanes) of an image, without its halo."""
    if isinstance(flat, Window):
        raise TypeError("a window holds one sample at a time")
    f, blocks = image.halo, -(-image.channels // image.lanes)
    rows, columns = image.height + 2 * f, image.width + 2 * f
    size = blocks * rows * columns * image.lanes
    view = flat[: samples * image.stride].reshape(samples, image.stride)[:, :size]
    return view.reshape(samples, blocks, rows, columns, image.lanes)[:, :, f : f + image.height, f : f + image.width]
