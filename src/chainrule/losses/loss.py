"""A loss: err(y_s, t_s) of each sample s, and its derivative by y_s.

    L(w; D) = sum over s of err(y_s, t_s),  y_s = f_w(x_s)

The lecture's loss is this SUM; training divides it by the batch's size unless told otherwise. The loss alone knows
which targets t are right, and how to make a prediction of y. It computes in y's type; who wants an error that float32
cannot hold, as the square of 1e30, gives y in float64.
"""

from dataclasses import dataclass, fields
from math import log, prod
from typing import NoReturn

import numpy as np

from chainrule.base.errors import DataError, NetworkError
from chainrule.base.showing import short
from chainrule.layers.layer import Layer

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Loss:
    """The base of all losses, and a loss without any restriction: y (s, ...), t as y, no classes.

    `error` and `gradient` take what `check_network` and `check_targets` have let pass, and raise nothing.
    """

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """(s,) err(y_s, t_s) of each sample, from y (s, ...); inf where the loss is."""
        raise NotImplementedError

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """d err(y_s, t_s) / d y_s, of y's shape (s, ...)."""
        raise NotImplementedError

    def check_network(self, output_shape: Shape) -> None:
        """NetworkError if no network with an output of that shape, of one sample, can be trained by this loss."""

    def check_ending(self, last: Layer, output_shape: Shape) -> None:
        """NetworkError if what the network's last layer gives is not what this loss takes; a warning if it is poor."""

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        """DataError that names the first target, of t (s, ...), which this loss cannot take."""

    def class_count(self, t: np.ndarray, output_shape: Shape) -> int:
        """How many classes there are, if these targets, which it can take, are their numbers; 0: they are values."""
        return 0

    def learned(self, t: np.ndarray, output_shape: Shape) -> np.ndarray:
        """What y is to become: the targets t (s, ...), or these in the form in which they are learned."""
        return t

    def counts(self, t: np.ndarray) -> np.ndarray | None:
        """(s,) what the sample of each target counts in a mean, as err weighs it by that; None: 1."""
        return None

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """The mean error of the best answer that does not look at x, about, of targets t (s, ...); None: unknown."""
        return None

    def kinks(self, y: np.ndarray, t: np.ndarray) -> np.ndarray | None:
        """Which of the pieces of err, between which it is not smooth, each y is on; None: it is one piece."""
        return None

    def prediction(self, y: np.ndarray) -> np.ndarray:
        """A network's prediction, of its output's shape (s, ...): probabilities, or a regression's values, as t are."""
        return y

    def classes(self, y: np.ndarray) -> np.ndarray | None:
        """(s,) int64: the most probable class, by the output y_s; None for a regression."""
        return None

    def shown(self) -> list[str]:
        """The options that are not at their defaults, as `str` shows them."""
        values = {each: getattr(self, each.name) for each in fields(self)}
        return [f"{each.name}={short(value)}" for each, value in values.items() if value != each.default]

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.shown())})"


class ClassLoss(Loss):
    """A loss over classes 0 .. n-1: y (s, n), scores or probabilities; t (s,) whole numbers, the classes."""

    def check_network(self, output_shape: Shape) -> None:
        if len(output_shape) != 1:
            given = f"{type(self).__name__}: the network's output has shape {output_shape}"
            raise NetworkError(f"{given}; expected one number for each class, (n,), as a Linear gives")

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        if t.ndim != 1 or t.dtype.kind not in "iu":
            raise DataError(f"targets of shape {t.shape} and type {t.dtype}; expected one class number for each sample")
        if any_outside(t, output_shape[0]):
            _refuse_classes(t, output_shape[0])

    def class_count(self, t: np.ndarray, output_shape: Shape) -> int:
        return output_shape[0]

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """log n, if the error is a negative log-likelihood in nats, of n classes as likely as each other."""
        return log(output_shape[0])

    def classes(self, y: np.ndarray) -> np.ndarray:
        return y.argmax(axis=1)


class VectorLoss(Loss):
    """A loss over targets like y: t has y's shape (s, ...), or is (s,) where y is (s, 1).

    Where y is (s, k) of several numbers, t may also be (s,) whole numbers, of k classes: t_s stands for the vector that
    is 1 at t_s and 0 elsewhere.
    """

    def check_targets(self, t: np.ndarray, output_shape: Shape) -> None:
        if are_class_numbers(t, output_shape):
            if any_outside(t, output_shape[0]):
                _refuse_classes(t, output_shape[0])
            return
        _check_shape(t, output_shape)
        self.check_values(t)

    def check_values(self, t: np.ndarray) -> None:
        """DataError that names the first of t, of whatever shape, which this loss cannot take."""

    def class_count(self, t: np.ndarray, output_shape: Shape) -> int:
        return output_shape[0] if are_class_numbers(t, output_shape) else 0

    def learned(self, t: np.ndarray, output_shape: Shape) -> np.ndarray:
        return one_hot(t, output_shape[0]) if are_class_numbers(t, output_shape) else t


class BinaryLoss(VectorLoss):
    """A loss over targets from 0 to 1: what is neither is a probability, or a shade of grey. Zeros and ones of one
    output are two classes."""

    def check_values(self, t: np.ndarray) -> None:
        _check_each(t, (t >= 0) & (t <= 1), "a number from 0 to 1")

    def class_count(self, t: np.ndarray, output_shape: Shape) -> int:
        if prod(output_shape) != 1:
            return super().class_count(t, output_shape)
        return 2 if ((t == 0) | (t == 1)).all() else 0

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """log 2 for each output, if the error is a negative log-likelihood in nats."""
        return prod(output_shape) * log(2)


class RealLoss(VectorLoss):
    """A loss over real targets."""

    def check_values(self, t: np.ndarray) -> None:
        _check_each(t, np.isfinite(t), "a finite number")


def are_class_numbers(t: np.ndarray, output_shape: Shape) -> bool:
    """Whether t are one whole number a sample where the network's output is a vector of several."""
    return t.ndim == 1 and t.dtype.kind in "iu" and len(output_shape) == 1 and output_shape[0] > 1


def one_hot(t: np.ndarray, n: int) -> np.ndarray:
    """(s, n) float32: 1 at t_s, 0 elsewhere."""
    return (t[:, np.newaxis] == np.arange(n)).astype(np.float32)


def any_outside(numbers: np.ndarray, n: int) -> bool:
    """Whether one of the whole numbers is not among 0 .. n-1.

    It is asked of each batch: of few numbers NumPy finds the places of the least and the largest in a fifth of the
    time that it takes for min and max.
    """
    item = numbers.item
    return numbers.size > 0 and (item(numbers.argmin()) < 0 or item(numbers.argmax()) >= n)


def _refuse_classes(t: np.ndarray, n: int) -> NoReturn:
    wrong = np.flatnonzero((t < 0) | (t >= n))[0]
    raise DataError(f"label {t[wrong]} of sample {wrong}; expected 0 to {n - 1}, for {n} outputs")


def _check_shape(t: np.ndarray, output_shape: Shape) -> None:
    if t.dtype.kind not in "iufb":
        raise DataError(f"targets of type {t.dtype}; expected numbers")
    if t.shape[1:] != output_shape and not (t.ndim == 1 and output_shape == (1,)):
        raise DataError(f"targets of shape {t.shape[1:]} a sample; expected {output_shape}, as the network's output")


def _check_each(t: np.ndarray, good: np.ndarray, expected: str) -> None:
    if not good.all():
        first = np.flatnonzero(~good)[0]
        raise DataError(f"target {t.flat[first]} at position {first}; expected {expected}")


def like(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    """t in y's shape and type, so that (s,) meets (s, 1) without broadcasting to (s, s)."""
    return t.reshape(y.shape).astype(y.dtype, copy=False)


def sample_sums(a: np.ndarray) -> np.ndarray:
    """(s,): the sum over each sample's elements, from a (s, ...)."""
    return a.sum(axis=tuple(range(1, a.ndim)))
