"""Shapes in a picture: the largest and smallest level around each pixel, and connected components."""

from typing import NamedTuple

import numpy as np


def closing(image: np.ndarray, width: int) -> np.ndarray:
    """(h, w): the image without its dark parts into which no square of `width` pixels fits.

    The image goes on beyond its sides as it is there: a dark strip along a side is as wide as one may wish.
    """
    padded = np.pad(image, width, mode="edge")
    lightest = sliding(np.maximum, sliding(np.maximum, padded, width, 0), width, 1)
    darkest = sliding(np.minimum, sliding(np.minimum, lightest, width, 0), width, 1)
    height, length = image.shape
    return darkest[1 : 1 + height, 1 : 1 + length]


def sliding(ufunc: np.ufunc, image: np.ndarray, width: int, axis: int) -> np.ndarray:
    """`ufunc` (a maximum or minimum) of each `width` pixels that follow each other along an axis: width - 1 fewer."""
    image = np.moveaxis(image, axis, 0)
    span = 1
    while span < width:
        step = min(span, width - span)
        image = ufunc(image[:-step], image[step:])
        span += step
    return np.moveaxis(image, 0, axis)


def dilated(mask: np.ndarray, radius: int) -> np.ndarray:
    """The pixels of a mask (bool) and those not farther than `radius` from one of them, along rows and columns."""
    padded = np.pad(mask, radius)
    width = 2 * radius + 1
    return sliding(np.maximum, sliding(np.maximum, padded, width, 0), width, 1)


class Components(NamedTuple):
    """The connected parts of a mask, from 1."""

    labels: np.ndarray  # (h, w) int64, 0 where there is none
    n: int

    def sums(self, values: np.ndarray) -> np.ndarray:
        """(n + 1,) the sum of values (h, w) over each component; of number 0, over what is in none."""
        return np.bincount(self.labels.ravel(), values.ravel(), self.n + 1)

    def boxes(self) -> np.ndarray:
        """(n + 1, 4) the first row and column of each component, and those behind its last; row 0 is unused."""
        rows, columns = np.nonzero(self.labels)
        at = self.labels[rows, columns]
        boxes = np.tile(np.array([1 << 30, 1 << 30, 0, 0]), (self.n + 1, 1))
        np.minimum.at(boxes[:, 0], at, rows)
        np.minimum.at(boxes[:, 1], at, columns)
        np.maximum.at(boxes[:, 2], at, rows + 1)
        np.maximum.at(boxes[:, 3], at, columns + 1)
        return boxes


def components(mask: np.ndarray) -> Components:
    """The parts of a mask (h, w) bool whose pixels touch, also by their corners; in the order of their first pixels.

    Runs of pixels in a row are nodes, runs that touch in neighbouring rows are edges, and each run takes the smallest
    number of those that it is connected with.
    """
    height, width = mask.shape
    step = width + 2  # from a pixel to that below it, with an empty column on either side
    flat = np.pad(mask, ((0, 0), (1, 1))).ravel().astype(np.int8)
    change = np.diff(flat, append=0)
    first, last = np.flatnonzero(change == 1) + 1, np.flatnonzero(change == -1)
    # those that touch a run in the next row end behind its beginning and begin before its end
    low = np.searchsorted(last, first + step - 1)
    many = np.searchsorted(first, last + step + 1, side="right") - low
    upper = np.repeat(np.arange(len(first)), many)
    lower = np.arange(many.sum()) + np.repeat(low - np.cumsum(many) + many, many)
    root = np.arange(len(first))
    while True:
        before = root.copy()
        smaller = np.minimum(root[upper], root[lower])
        np.minimum.at(root, before[upper], smaller)
        np.minimum.at(root, before[lower], smaller)
        root = root[root]
        if np.array_equal(root, before):
            break
    names, number = np.unique(root, return_inverse=True)
    marks = np.zeros(height * step + 1, np.int64)
    marks[first] += number + 1
    marks[last + 1] -= number + 1
    return Components(np.cumsum(marks)[:-1].reshape(height, step)[:, 1:-1], len(names))
