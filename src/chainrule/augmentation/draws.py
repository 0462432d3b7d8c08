"""Random words of pictures: Philox's, by key = seed and counter = (element // 4, the sample's number, purpose, epoch).

A picture is the same in whatever batch it stands, for any number of threads, and after a resume.
"""

import numpy as np

from chainrule.base.random import philox4x32


def words_of(seed: int, epoch: int, positions: np.ndarray, elements: int, *, purpose: int) -> np.ndarray:
    """(s, elements) uint64 below 2**32: the first words of each position in that epoch, for that purpose."""
    blocks = np.arange((elements + 3) // 4)
    counter = blocks, np.asarray(positions)[:, np.newaxis] & 0xFFFFFFFF, purpose, epoch & 0xFFFFFFFF
    words = np.stack(philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32)), axis=-1)
    return words.reshape(len(positions), -1)[:, :elements]


def one_of(words: np.ndarray, n: int) -> np.ndarray:
    """int64: a whole number 0 .. n-1 for each word, all as likely; n is at most 2**32."""
    return (words * np.uint64(n) >> np.uint64(32)).astype(np.int64)
