"""Binary cross-entropy, for targets t from 0 to 1: the NLL of two classes, t = 1 (probability p) and t = 0 (1-p).

    BinaryCrossEntropy(p, t) = -t log p - (1 - t) log(1 - p)          d/dp = (p - t) / (p (1 - p))

    SigmoidBinaryCrossEntropy(x, t), of a score x with p = sigmoid(x),
                             = log(1 + exp(x)) - t x                   d/dx = sigmoid(x) - t

A t between 0 and 1 says how probable 1 is, or how bright a pixel, as autoencoders learn them; err is then least, though
not 0, at p = t. Several components are so many independent targets, and their errors are added. The fused form never
meets log 0: with log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) it does not overflow either.

Source: not in the lecture; D. R. Cox, *The Regression Analysis of Binary Sequences* (1958).
"""

from math import prod

import numpy as np

from chainrule.base.errors import warn
from chainrule.layers.layer import Layer
from chainrule.layers.sigmoid import sigmoid
from chainrule.layers.softmax import Softmax
from chainrule.losses.endings import check_probabilities, check_scores, wrong
from chainrule.losses.loss import BinaryLoss, Shape, like, sample_sums


def binary_cross_entropy(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in nats, from probabilities p (s, ...) and t from 0 to 1; inf where p gives the truth no chance."""
    t = like(t, p)
    one, zero = t == 1, t == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        certain = np.log(np.where(one, p, 1 - p))
        if (one | zero).all():
            return sample_sums(-certain)
        return sample_sums(-np.where(one | zero, certain, t * np.log(p) + (1 - t) * np.log(1 - p)))


def binary_cross_entropy_gradient(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dp, of p's shape (s, ...); infinite where p gives the truth no chance."""
    t = like(t, p)
    one, zero = t == 1, t == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        certain = np.where(one, -1 / p, 1 / (1 - p))
        return certain if (one | zero).all() else np.where(one | zero, certain, (p - t) / (p * (1 - p)))


def sigmoid_binary_cross_entropy(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in nats, from scores x (s, ...) and t from 0 to 1."""
    return sample_sums(np.maximum(x, 0) - like(t, x) * x + np.log1p(np.exp(-np.abs(x))))


def sigmoid_binary_cross_entropy_gradient(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dx, of x's shape (s, ...)."""
    return sigmoid(x) - like(t, x)


class BinaryCrossEntropy(BinaryLoss):
    """-t log p - (1 - t) log(1 - p), for a network that ends in Sigmoid: y (s, ...) are probabilities p that t = 1.

    DataError for targets of another shape (t may be (s,) where y is (s, 1)), or that are not from 0 to 1. A
    prediction is p itself. Where y is one number a sample, p > 1/2 is class 1, and else 0.
    Class numbers t (s,) with several outputs are learned as vectors, 1 at the class and 0 elsewhere.
    """

    def check_ending(self, last: Layer, output_shape: Shape) -> None:
        expected = "expected Sigmoid() at its end, or the loss SigmoidBinaryCrossEntropy() for a network of scores"
        check_probabilities("BinaryCrossEntropy", last, expected)
        if isinstance(last, Softmax):
            if prod(output_shape) == 1:
                raise wrong("BinaryCrossEntropy takes a probability, and a softmax of one number is 1", last, expected)
            warn(
                f"BinaryCrossEntropy takes each probability alone, but the network ends in {last}, whose sum is 1; "
                "expected Sigmoid() at its end, or the loss NLL() and class numbers as targets"
            )

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return binary_cross_entropy(y, self.learned(t, y.shape[1:]))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return binary_cross_entropy_gradient(y, self.learned(t, y.shape[1:]))

    def classes(self, y: np.ndarray) -> np.ndarray | None:
        return (y > 0.5).astype(np.int64).reshape(len(y)) if prod(y.shape[1:]) == 1 else None


class SigmoidBinaryCrossEntropy(BinaryLoss):
    """log(1 + exp(x)) - t x, for a network that ends in scores: y (s, ...) are scores x, and p = sigmoid(x).

    DataError for targets of another shape (t may be (s,) where y is (s, 1)), or that are not from 0 to 1. A
    prediction is p. Where y is one number a sample, x > 0 is class 1, and else 0.
    Class numbers t (s,) with several outputs are learned as vectors, 1 at the class and 0 elsewhere.
    """

    def check_ending(self, last: Layer, output_shape: Shape) -> None:
        expected = "expected it to end in Linear, or Sigmoid() at its end and the loss BinaryCrossEntropy()"
        check_scores("SigmoidBinaryCrossEntropy", last, expected, both_signs=True)

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return sigmoid_binary_cross_entropy(y, self.learned(t, y.shape[1:]))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return sigmoid_binary_cross_entropy_gradient(y, self.learned(t, y.shape[1:]))

    def prediction(self, y: np.ndarray) -> np.ndarray:
        return sigmoid(y)

    def classes(self, y: np.ndarray) -> np.ndarray | None:
        return (y > 0).astype(np.int64).reshape(len(y)) if prod(y.shape[1:]) == 1 else None
