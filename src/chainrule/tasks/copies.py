"""Test-time augmentation: a network's answer is the mean of those for a picture and for some changed copies of it.

    y = 1 / (1 + n)  (f_w(x) + sum over k = 1 .. n of f_w(x changed for the k-th time))

The mean is that of outputs: of scores it multiplies the copies' probabilities. Source: A. Krizhevsky et al., *ImageNet
Classification with Deep Convolutional Neural Networks* (2012), who took the mean of ten crops.
"""

from collections.abc import Callable

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_number
from chainrule.training.augment import Augment, augmented, check_augmentation, mixing_of

COPIES = 8
"""Of each picture, if nobody says how many."""
MOST_COPIES = 10_000
"""A mean over more is the same to two digits of its error."""
Outputs = Callable[[np.ndarray], np.ndarray]


def of_copies(outputs: Outputs, augmentation: Augment | None, copies: int = COPIES) -> Callable[..., np.ndarray]:
    """What answers x (s, ...), samples `first` and the following of some data, by the mean over their copies.

    outputs : y (s, ...) of x
    augmentation : what changes x; None: then nothing is, and this answers as `outputs`

    The copies are the same in every call. UsageError for what is no augmentation, or no number of copies.
    """
    copies = whole_number("copies", copies, 1, maximum=MOST_COPIES)
    check_augmentation(augmentation)
    if mixing_of(augmentation):
        raise UsageError(f"augmentation is {augmentation}, but answers are to one picture each; expected no mixup")

    def mean(x: np.ndarray, first: int = 0) -> np.ndarray:
        y = outputs(x)
        if augmentation is None:
            return y
        total, positions = y.astype(np.float64), np.arange(first, first + len(x))
        for k in range(copies):
            total += outputs(augmented(augmentation, x.copy(), positions, seed=0, epoch=k))
        return (total / (1 + copies)).astype(y.dtype)

    return mean
