"""Pictures seen through a window: cropped, mirrored, and with a square cut out.

    crop      a border of `crop` black pixels (0) is laid around, and a window of the picture's size cut out at random
    flip      the columns in reverse order, with probability `flip`
    cutout    a square of `cutout` pixels' side around a random pixel, as much of it as is in the picture, takes the
              picture's mean, channel by channel, rounded: it is no darker or lighter for that

One after the other, each of what the one before has made. The border is black as in most programs for CIFAR; `shift`
repeats the edge instead, which suits bright pictures. Source of the last: T. DeVries, G. W. Taylor, *Improved
Regularization of Convolutional Neural Networks with Cutout* (2017).
"""

import numpy as np

from chainrule.augmentation.draws import one_of, words_of
from chainrule.base.random import WINDOW
from chainrule.engine.runtime.jit import kernel


def seen_through_windows(
    x: np.ndarray, where: tuple[int, int, np.ndarray], *, crop: int, flip: float, cutout: int
) -> np.ndarray:
    """The pictures x (s, c, i, j) uint8, each changed as its random words say.

    where : the seed, the epoch, and the samples' numbers (s,)
    crop, flip, cutout : as in `Augmentation`
    """
    y = np.empty(x.shape, np.uint8)
    cut(x, windows(*where, x.shape[2:], crop=crop, flip=flip), crop, cutout, y)
    return y


def windows(
    seed: int, epoch: int, positions: np.ndarray, size: tuple[int, ...], *, crop: int, flip: float
) -> np.ndarray:
    """(s, 5) int64: whether each picture is mirrored; the window's first row and column in the picture with its border;
    the row and column around which the square is cut out."""
    words = words_of(seed, epoch, positions, 5, purpose=WINDOW)
    height, width = size
    ranges = 2 * crop + 1, 2 * crop + 1, height, width
    places = [one_of(words[:, 1 + k], n) for k, n in enumerate(ranges)]
    return np.column_stack([words[:, 0] < flip * 2.0**32, *places])


@kernel
def cut(x, windows, crop, cutout, y):
    """y (s, c, i, j) uint8 from x, likewise, through windows (s, 5)."""
    samples, channels, height, width = x.shape
    for s in range(samples):
        mirrored, down, right, row, column = windows[s]
        down, right = down - crop, right - crop
        first, last = max(0, -right), min(width, width - right)  # columns of the window that are in the picture
        for c in range(channels):
            for i in range(height):
                out = y[s, c, i]
                out[:] = 0
                if not 0 <= i + down < height:
                    continue
                line = x[s, c, i + down]
                if mirrored:
                    for j in range(first, last):
                        out[width - 1 - j] = line[j + right]
                else:
                    for j in range(first, last):
                        out[j] = line[j + right]
            if cutout:
                fill(y[s, c], row - cutout // 2, column - cutout // 2, cutout)


@kernel
def fill(plane, top, left, side):
    """Give the square, as much of it as is in the plane (i, j), the plane's mean, rounded."""
    height, width = plane.shape
    total = 0
    for i in range(height):
        for j in range(width):
            total += plane[i, j]
    mean = np.uint8((2 * total + height * width) // (2 * height * width))
    plane[max(top, 0) : min(top + side, height), max(left, 0) : min(left + side, width)] = mean
