"""What changes training samples: what it is called with, and what it must give. The library's own: `augmentation/`."""

from typing import Protocol

import numpy as np

from chainrule.base.arguments import takes
from chainrule.base.arrays import NUMBERS, described, is_plain
from chainrule.base.errors import UsageError
from chainrule.base.showing import short
from chainrule.data.dataset import Dataset


class Augment(Protocol):
    """What changes training samples a little: x (s, ...), which are those numbers of the data, in that epoch.

    If it has an attribute `mixing`, a `Mixing`, the changed samples are mixed, too.
    """

    def __call__(self, x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray: ...


class Mixing(Protocol):
    """What makes one sample of two, and of their errors one, as in `augmentation/mixing.py`."""

    def partners(self, data: Dataset, seed: int, epoch: int, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((s,) which sample is mixed into each of those at `positions`, (s,) the share, 0 to 1, of its own)."""
        ...

    def mix(self, x: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
        """share x + (1 - share) other, (s, ...)."""
        ...


def check_augmentation(augmentation: object) -> None:
    """UsageError for what is neither None nor can be called as an `Augment` is: a class, or a function of one thing."""
    if augmentation is not None and not takes(augmentation, 4):
        expected = "one, as in Augmentation(shift=2), or a function of x, seed, epoch and positions"
        raise UsageError(f"augmentation is {short(augmentation)}; expected {expected}")


def mixing_of(augmentation: Augment | None) -> Mixing | None:
    """How it mixes samples, if it does; UsageError for what can mix none."""
    mixing = getattr(augmentation, "mixing", None)
    if mixing is not None and not (hasattr(mixing, "partners") and hasattr(mixing, "mix")):
        raise UsageError(f"the augmentation's mixing is {short(mixing)}; expected one, as in Augmentation(mixup=0.2)")
    return mixing


def augmented(augmentation: Augment, x: np.ndarray, positions: np.ndarray, *, seed: int, epoch: int) -> np.ndarray:
    """The samples as it makes them, from x (s, ...), which it may write to; UsageError unless it gives as many."""
    y = augmentation(x, seed, epoch, positions)
    if not is_plain(y) or y.dtype.kind not in NUMBERS or y.shape[:1] != x.shape[:1]:
        given = f"the augmentation gave {described(y)} of {len(x)} samples"
        raise UsageError(f"{given}; expected an array with each of them")
    return y
