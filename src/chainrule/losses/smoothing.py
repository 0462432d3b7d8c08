"""Label smoothing and class weights: what a negative log-likelihood takes for the truth, a q[i] for each class i.

    err(p, t) = -sum over i of q[i] log p[i]                 the cross-entropy of q and p
    q[i] = c[i] ((1 - e) [i = t] + e / n)                    e: label_smoothing, c: class_weight, of n classes

Without either (e = 0, c = 1) it is -log p[t]. With e the network is not driven to be sure beyond 1 - e + e / n, and err
is never 0. A class that is rare, or must not be missed, counts more by its c. As PyTorch's CrossEntropyLoss, whose mean
divides by the sum of c[t], too: c[t] counts like a `sample_weight`, so that only the ratios of a c matter to a mean.

Source: C. Szegedy et al., *Rethinking the Inception Architecture for Computer Vision* (2016).
"""

from dataclasses import dataclass
from math import inf, log
from typing import Any

import numpy as np

from chainrule.base.arguments import real_number
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError, NetworkError
from chainrule.base.showing import short
from chainrule.losses.loss import ClassLoss, Shape

SHOWN = 4
"""Classes up to which their weights are printed."""


@dataclass(frozen=True)
class SmoothedLoss(ClassLoss):
    """A loss over classes that may be smoothed and weighed.

    label_smoothing : e, from 0 up to below 1
    class_weight : c, a number above 0 for each class; None: 1

    NetworkError for others, or for a network of another number of outputs.
    """

    label_smoothing: float = 0.0
    class_weight: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        name, expected = type(self).__name__, "a number from 0 to below 1"
        called, given = f"{name}: label_smoothing", self.label_smoothing
        e = real_number(called, given, expected, lambda e: 0 <= e < 1, error=NetworkError)
        object.__setattr__(self, "label_smoothing", e)
        if self.class_weight is not None:
            object.__setattr__(self, "class_weight", _weights(name, self.class_weight))

    @property
    def is_plain(self) -> bool:
        """Whether q is 1 at t, and 0 elsewhere."""
        return not self.label_smoothing and self.class_weight is None

    def check_network(self, output_shape: Shape) -> None:
        super().check_network(output_shape)
        if self.class_weight is not None and (len(self.class_weight),) != output_shape:
            given = f"{type(self).__name__}: class_weight has {len(self.class_weight)} numbers"
            raise NetworkError(f"{given}, but the network has {output_shape[0]} outputs; expected one for each class")

    def shares(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """(n,) what q[i] has at t besides, and (n,) what it has everywhere."""
        c = np.ones(n) if self.class_weight is None else np.array(self.class_weight)
        return (1 - self.label_smoothing) * c, self.label_smoothing / n * c

    def truth(self, t: np.ndarray, y: np.ndarray) -> np.ndarray:
        """q (s, n) of classes t (s,), in the type of the outputs y (s, n)."""
        at_t, everywhere = self.shares(y.shape[1])
        q = np.where(t[:, np.newaxis] == np.arange(y.shape[1]), at_t + everywhere, everywhere)
        return q.astype(y.dtype)

    def counts(self, t: np.ndarray) -> np.ndarray | None:
        return None if self.class_weight is None else np.array(self.class_weight)[t]

    def shown(self) -> list[str]:
        shown = [f"label_smoothing={self.label_smoothing:.4g}"] if self.label_smoothing else []
        if (c := self.class_weight) is None:
            return shown
        weights = ", ".join(f"{each:.4g}" for each in c) if len(c) <= SHOWN else f"of {len(c)} classes"
        return [*shown, f"class_weight={weights}"]

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """Of the answer that each of n classes is as likely: log n, but for what smoothing moves between weights."""
        counted, (at_t, everywhere) = self.counts(t), self.shares(output_shape[0])
        if counted is None:
            return super().ignorance(t, output_shape)
        return log(output_shape[0]) * float((at_t[t].mean() + everywhere.sum()) / counted.mean())


def _weights(name: str, given: Any) -> tuple[float, ...]:
    """The weight of each class; NetworkError unless they are numbers above 0."""
    try:
        numbers = as_numbers(given, "class_weight").astype(np.float64)
    except DataError:
        numbers = np.empty(0)
    if numbers.ndim != 1 or numbers.size == 0 or not ((numbers > 0) & (numbers < inf)).all():
        raise NetworkError(f"{name}: class_weight is {short(given)}; expected a number above 0 for each class")
    return tuple(numbers.tolist())
