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
    first = width - (width - 1)
    height, length = image.shape
    return darkest[first : first + height, first : first + length]


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
    count: int

    def sums(self, values: np.ndarray) -> np.ndarray:
        """(count + 1,) the sum of values (h, w) over each component; of number 0, over what is in none."""
        return np.bincount(self.labels.ravel(), values.ravel(), self.count + 1)

    def boxes(self) -> np.ndarray:
        """(count + 1, 4) the first row and column of each component, and those behind its last; row 0 is unused."""
        rows, columns = np.nonzero(self.labels)
        at = self.labels[rows, columns]
        boxes = np.tile(np.array([1 << 30, 1 << 30, 0, 0]), (self.count + 1, 1))
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
    flat = np.zeros((height, width + 2), np.int8)
    flat[:, 1:-1] = mask
    steps = np.diff(flat.ravel(), append=0)
    first, last = np.flatnonzero(steps == 1) + 1, np.flatnonzero(steps == -1)
    # a run touches those in the next row that begin before its end and end behind its beginning
    above = np.arange(len(first))
    low = np.searchsorted(last, first + width + 2 - 1)
    high = np.searchsorted(first, last + width + 2 + 1, side="right")
    many = np.maximum(high - low, 0)
    a = np.repeat(above, many)
    b = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(low, many)
    root = above.copy()
    while True:
        smaller = np.minimum(root[a], root[b])
        before = root.copy()
        np.minimum.at(root, root[a], smaller)
        np.minimum.at(root, root[b], smaller)
        root = root[root]
        if (root == before).all():
            break
    names, number = np.unique(root, return_inverse=True)
    marks = np.zeros(height * (width + 2) + 1, np.int64)
    marks[first] += number + 1
    marks[last + 1] -= number + 1
    labels = np.cumsum(marks)[:-1].reshape(height, width + 2)[:, 1:-1]
    return Components(labels, len(names))
