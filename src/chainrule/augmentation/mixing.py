"""Mixup: a training sample is a mixture of two, and so is its error.

    x = l x_i + (1 - l) x_j          L = l err(f_w(x), t_i) + (1 - l) err(f_w(x), t_j)          l ~ Beta(alpha, alpha)

A network that learns this is straighter between its samples. For a cross-entropy, which is linear in what is to be
predicted, L is the error against the classes' probabilities l and 1 - l; as two errors it is right for any loss.

The partner j is any sample of the data, as the paper defines it, drawn as often as its weight says, and not one of the
same batch: so a mixture is a function of seed, epoch and i alone, in whatever batch it stands, for any number of
threads, and after a resume. Its random words have key = seed and counter = (0, i, MIX, epoch).

l is a whole number of 65536ths, so that bytes are mixed exactly and then rounded. The rounding is
at most half a grey level, and 0.29 of one by its root mean square; on MNIST it moves a batch's gradient by 0.2 % of its
length, where other samples move it by all of that.

Source: H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz, *mixup: Beyond Empirical Risk Minimization* (ICLR 2018).
"""

from dataclasses import dataclass

import numpy as np

from chainrule.augmentation.draws import one_of, words_of
from chainrule.base.arguments import real_number
from chainrule.base.elementary import cosine_of_turns, exp, log
from chainrule.base.random import MIX
from chainrule.data.dataset import Dataset
from chainrule.engine.runtime.jit import kernel

PARTS = 1 << 16
"""Of a whole, in which shares are counted."""


@dataclass(frozen=True)
class Mixup:
    """alpha : of Beta(alpha, alpha); small: most samples are nearly one of two; 1: all shares are as likely; above 0"""

    alpha: float = 0.2

    def __post_init__(self) -> None:
        alpha = real_number("mixup", self.alpha, "a number above 0", lambda alpha: alpha > 0)
        object.__setattr__(self, "alpha", alpha)

    def partners(self, data: Dataset, seed: int, epoch: int, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((s,) int64 which sample is mixed into each of those at `positions`, (s,) float64 the share of its own)."""
        which, u, v = words_of(seed, epoch, positions, 3, purpose=MIX).T
        if data.sample_weight is None:
            others = one_of(which, len(data))
        else:
            others = np.searchsorted(data.sums_of_weights, which / 2.0**32 * data.sums_of_weights[-1], side="right")
        share = symmetric_beta(self.alpha, (u + 0.5) / 2.0**32, (v + 0.5) / 2.0**32)
        return others, np.rint(PARTS * share) / PARTS

    def mix(self, x: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
        """share x + (1 - share) other, of pictures (s, ...) uint8."""
        y = np.empty(x.shape, np.uint8)
        mix_bytes(*(each.reshape(len(x), -1) for each in (x, other)), np.rint(PARTS * share), y.reshape(len(x), -1))
        return y


def symmetric_beta(alpha: float, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Numbers distributed as Beta(alpha, alpha), of two that are uniform in (0, 1).

    T = sqrt(u^(-1/alpha) - 1) cos(2 pi v) is Student's t of 2 alpha degrees of freedom, over the root of these, and
    1/2 (1 + T / sqrt(1 + T^2)) has that distribution: R. W. Bailey, *Polar Generation of Random Variates with the
    t-Distribution* (1994).
    """
    cosine = cosine_of_turns(v)
    with np.errstate(divide="ignore", over="ignore"):  # of a huge alpha T is 0, of a tiny one infinite
        inverse = 1 / (exp(-log(u) / alpha) - 1)
    return 0.5 + 0.5 * (cosine / np.sqrt(inverse + cosine * cosine))


@kernel
def mix_bytes(x, other, parts, y):
    """y (s, n) uint8 = (parts x + (PARTS - parts) other) / PARTS, rounded; half a grey level goes up; parts (s,)."""
    samples, n = y.shape
    for s in range(samples):
        own, others = np.int32(parts[s]), np.int32(PARTS - parts[s])
        for k in range(n):
            y[s, k] = (own * np.int32(x[s, k]) + others * np.int32(other[s, k]) + PARTS // 2) >> 16
