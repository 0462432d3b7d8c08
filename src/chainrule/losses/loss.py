"""What every loss is: err(y_s, t_s) of each sample s, and its derivative by y_s.

L(w; D) is the SUM of the samples' errors. Which t is right, and what a prediction is, depends on the loss.
"""

from dataclasses import dataclass

import numpy as np

from chainrule.base.errors import DataError, NetworkError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Loss:
    """The base of all losses."""

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """err(y_s, t_s) of each sample, (s,)."""
        raise NotImplementedError

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """d err(y_s, t_s) / d y_s, of y's shape."""
        raise NotImplementedError

    def check_network(self, output_shape: Shape) -> None:
        """NetworkError if no network with this output can be trained by this loss."""

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        """DataError naming the first target that this loss cannot take."""

    def prediction(self, y: np.ndarray) -> np.ndarray:
        """What the network says, from its output y: probabilities for a classifier, values for a regression."""
        return y

    def classes(self, y: np.ndarray) -> np.ndarray | None:
        """The class that each output y_s speaks for, (s,); None for a regression."""
        return None


class ClassLoss(Loss):
    """What losses over classes 0 .. n-1 share: y is a vector of n scores or probabilities, t (s,) whole numbers."""

    def check_network(self, output_shape: Shape) -> None:
        if len(output_shape) != 1:
            given = f"{type(self).__name__}: the network's output has shape {output_shape}"
            raise NetworkError(f"{given}; expected one number for each class, (n,), as a Linear gives")

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        if t.ndim != 1 or t.dtype.kind not in "iu":
            raise DataError(f"targets of shape {t.shape} and type {t.dtype}; expected one class number for each sample")
        n = output_shape[0]
        if any_outside(t, n):
            wrong = np.flatnonzero((t < 0) | (t >= n))
            raise DataError(f"label {t[wrong[0]]} of sample {wrong[0]}; expected 0 to {n - 1}, for {n} outputs")

    def classes(self, y: np.ndarray) -> np.ndarray:
        return y.argmax(axis=1)


class BinaryLoss(Loss):
    """What losses over 0/1 targets share: t has y's shape, or (s,) where y is (s, 1)."""

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        _check_shape(t, output_shape)
        good = (t == 0) | (t == 1)
        if not good.all():
            wrong = np.flatnonzero(~good)
            raise DataError(f"target {t.flat[wrong[0]]} at position {wrong[0]}; expected 0 or 1")


class RealLoss(Loss):
    """What losses over real targets share: t has y's shape, or (s,) where y is (s, 1)."""

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        _check_shape(t, output_shape)
        good = np.isfinite(t)
        if not good.all():
            wrong = np.flatnonzero(~good)
            raise DataError(f"target {t.flat[wrong[0]]} at position {wrong[0]}; expected a finite number")


def any_outside(numbers: np.ndarray, n: int) -> bool:
    """Whether one of the whole numbers is not among 0 .. n-1. It is asked of each batch: of few numbers NumPy finds
    where the least and the largest are in a fifth of the time that it takes for min and max."""
    item = numbers.item
    return numbers.size > 0 and (item(numbers.argmin()) < 0 or item(numbers.argmax()) >= n)


def _check_shape(t: np.ndarray, output_shape: Shape) -> None:
    if t.dtype.kind not in "iufb":
        raise DataError(f"targets of type {t.dtype}; expected numbers")
    if t.shape[1:] != output_shape and not (t.ndim == 1 and output_shape == (1,)):
        raise DataError(f"targets of shape {t.shape[1:]} a sample; expected {output_shape}, as the network's output")


def like(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    """t in y's shape and type, so that (s,) meets (s, 1) without broadcasting to (s, s)."""
    return t.reshape(y.shape).astype(y.dtype, copy=False)


def sample_sums(a: np.ndarray) -> np.ndarray:
    """(s,): the sum over each sample's elements."""
    return a.sum(axis=tuple(range(1, a.ndim)))
