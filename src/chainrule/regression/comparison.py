"""The lecture's "update sooner rather than later", measured: the loss of all data against the samples seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.base.arguments import name_among
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.showing import brief, short
from chainrule.regression.descent import METHODS, Descent
from chainrule.regression.fitting import PolynomialFit, fit_polynomial

COMPARED_EPOCHS = 40


@dataclass(frozen=True, eq=False)
class Comparison:
    """Methods side by side, each from the same w and over as many samples."""

    fits: dict[str, PolynomialFit]  # by method
    samples: tuple[int, ...]  # seen: 10, 20, 50, 100, ...
    losses: dict[str, tuple[float, ...]]  # by method: the mean squared error over all data after so many samples

    __repr__ = brief


def compare(
    x: np.ndarray,
    t: np.ndarray,
    degree: int = 2,
    methods: Sequence[str] = METHODS,
    *,
    lr: float | None = None,
    epochs: int = COMPARED_EPOCHS,
    batch_size: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Fit by each method, and compare. Arguments and errors are those of `fit_polynomial` and `Descent`."""
    if not isinstance(methods, list | tuple):
        raise UsageError(f"the methods are {short(methods)}; expected some of {', '.join(METHODS)}, in a list")
    fits, epochs = {}, whole_number("epochs", epochs, 1)
    for method in methods:
        name_among(METHODS, "the method", method)
        size = None if method == "gd" else batch_size
        fits[method] = fit_polynomial(x, t, degree, Descent(method, lr, epochs, size, seed))
    n = len(as_numbers(t, "t"))
    samples = _round_numbers(max(1, n // 5), n * epochs)
    return Comparison(fits, samples, {method: tuple(map(fit.curve.loss_at, samples)) for method, fit in fits.items()})


def _round_numbers(low: int, high: int) -> tuple[int, ...]:
    """The numbers from `low` to `high` among 1, 2, 5, 10, 20, 50 ..."""
    numbers = (digit * 10**k for k in range(len(str(high))) for digit in (1, 2, 5))
    return tuple(number for number in numbers if low <= number <= high)
