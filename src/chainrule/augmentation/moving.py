"""Pictures moved by whole pixels, turned around their centre, and bent: where each of their pixels comes from.

The bending is that of P. Y. Simard, D. Steinkraus, J. C. Platt, *Best Practices for Convolutional Neural Networks
Applied to Visual Document Analysis* (ICDAR 2003): random displacements, smoothed by a Gaussian.
"""

from math import prod

import numpy as np

from chainrule.augmentation.draws import words_of
from chainrule.base.elementary import cosine_of_turns, exp, sine_of_turns
from chainrule.base.random import AUGMENT

FIRST_BUMP = 4
"""The number of the first word of elastic displacements; before it are those of shift (two) and rotation."""


def moved(
    x: np.ndarray, where: tuple[int, int, np.ndarray], shift: int, rotate: float, *, elastic: float, smoothness: float
) -> np.ndarray:
    """The pictures x (s, c, i, j) uint8, each changed by as much as its random words say; the edge is repeated.

    where : the seed, the epoch, and the samples' numbers (s,)
    shift, rotate, elastic, smoothness : as in `Augmentation`
    """
    from chainrule.augmentation.resampling import resample  # Numba is loaded where it is used

    rows, columns = (bumps(size, smoothness) for size in x.shape[2:])
    if not elastic:  # no bumps, and no words for them
        rows, columns = rows[:, :0], columns[:, :0]
    shape = 2, rows.shape[1], columns.shape[1]
    words = uniform_words(*where, FIRST_BUMP + prod(shape))
    noise = (np.sqrt(3) * elastic * words[:, FIRST_BUMP:]).astype(np.float32).reshape(len(x), *shape)
    y = np.empty(x.shape, np.uint8)
    resample(x, turns(words, shift, rotate), noise, rows=rows, columns=np.ascontiguousarray(columns.T), y=y)
    return y


def turns(words: np.ndarray, shift: int, rotate: float) -> np.ndarray:
    """(s, 4) float32: cosine and sine of each picture's angle, and how far it moves down and right."""
    turn = rotate * words[:, 2] / 360
    moves = np.floor((words[:, :2] + 1) / 2 * (2 * shift + 1)) - shift
    return np.column_stack([cosine_of_turns(turn), sine_of_turns(turn), moves]).astype(np.float32)


def uniform_words(seed: int, epoch: int, positions: np.ndarray, elements: int) -> np.ndarray:
    """(s, elements) float64 in [-1, 1): the words of each position in that epoch."""
    return words_of(seed, epoch, positions, elements, purpose=AUGMENT) / 2.0**31 - 1


def bumps(size: int, smoothness: float) -> np.ndarray:
    """(size, n) float32: the weight at each pixel of each of n bumps, `smoothness` apart; squares sum to 1.

    They reach over the edges. Noise at points so near to each other, smoothed, is like noise at every pixel.
    """
    centres = np.arange(-2, size / smoothness + 2) * smoothness
    weights = exp(-(((np.arange(size)[:, np.newaxis] - centres) / smoothness) ** 2) / 2)
    return (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32)
