"""What samples weigh: only the ratios of their weights count, so that weights at any scale mean the same.

The penalty of an estimator stands beside a sum of errors, so that it must know of how many samples. Weights that are
whole multiples of the least of them count samples: (1, 3, 2) is one, three and two, and so is (0.1, 0.3, 0.2). Any
others count as many samples as there are: on average each weighs 1.
"""

from hashlib import blake2b

import numpy as np

from chainrule.data.dataset import Dataset

WHOLE = 1e-6  # how near to a whole number a multiple must be
MOST = 1e6  # larger multiples would be whole by rounding alone
KEPT = 1024  # hashes
HASHES = 2.0**64


def as_counts(weight: np.ndarray) -> np.ndarray:
    """(n,) of how many samples each stands for, from weights (n,), none negative and not all 0."""
    weight = weight / weight.max()
    least = weight[weight > 0].min()
    if least * MOST >= 1:
        multiples = weight / least
        counts = np.rint(multiples)
        if np.abs(multiples - counts).max() <= WHOLE:
            return counts
    return weight * (np.count_nonzero(weight) / weight.sum())


class Distinct:
    """About how many different samples have been seen, however often each: exact up to KEPT, beyond it within 3 %.

    Hashes are evenly spread, so that the k-th least of n different ones is about k / n of the largest there could be.
    Source: Z. Bar-Yossef et al., *Counting Distinct Elements in a Data Stream* (2002).
    """

    def __init__(self) -> None:
        self.least = np.empty(0, np.uint64)

    def see(self, data: Dataset) -> None:
        """Count these samples, those that are new."""
        self.least = np.unique(np.concatenate([self.least, _hashes(data)]))[:KEPT]

    def count(self) -> float:
        """The number of different samples."""
        if len(self.least) < KEPT:
            return float(len(self.least))
        return (KEPT - 1) * HASHES / float(self.least[-1])


def _hashes(data: Dataset) -> np.ndarray:
    """(n,) of each sample's x and t."""
    x, t = np.ascontiguousarray(data.x), np.ascontiguousarray(data.t)
    return np.frombuffer(b"".join(_hash(x[k], t[k : k + 1]) for k in range(len(data))), "<u8")


def _hash(x: np.ndarray, t: np.ndarray) -> bytes:
    found = blake2b(x.data, digest_size=8)
    found.update(t.data)
    return found.digest()
