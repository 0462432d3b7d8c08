"""NLL(p, t), the negative log-likelihood: of probabilities p, and, fused with softmax, of scores x.

    NLL(p, t) = -log p[t]                              d/dp[i] = -1/p[t]  (i = t),  0  (i != t)

    LogSoftmaxNLL(x, t) = NLL(softmax(x), t) = -x[t] + log sum over i of exp(x[i])
    d/dx[i] = -1 + softmax(x)[i]  (i = t),  softmax(x)[i]  (i != t)

With smoothed or weighed classes (`losses/smoothing.py`) the truth is a vector q, and both are the cross-entropy of it:

    -sum over i of q[i] log p[i]                       d/dp[i] = -q[i] / p[i]
    d/dx[i] = Q softmax(x)[i] - q[i],  Q = sum over i of q[i]

Why the logarithm: the goal is the joint probability of all data, the product of the p_k[t_k]; the loss of a batch is
a sum; and sum of -log p_k[t_k] = -log of the product. Presets train with the fused form, which neither overflows nor
takes the logarithm of a rounded zero.

Source: the lecture. The principle is R. A. Fisher's maximum likelihood, *On the Mathematical Foundations of Theoretical
Statistics* (1922); with softmax it is J. S. Bridle's, *Probabilistic Interpretation of Feedforward Classification
Network Outputs* (1990).
"""

from dataclasses import dataclass

import numpy as np

from chainrule.layers.layer import Layer
from chainrule.layers.log_softmax import LogSoftmax, log_softmax
from chainrule.layers.sigmoid import Sigmoid
from chainrule.layers.softmax import softmax
from chainrule.losses.endings import check_probabilities, check_scores, wrong
from chainrule.losses.loss import Shape, sample_sums
from chainrule.losses.smoothing import SmoothedLoss


def nll(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in nats, from probabilities p (s, n) and classes t (s,); inf where p[t] = 0."""
    with np.errstate(divide="ignore"):
        return -np.log(p[np.arange(len(t)), t])


def nll_gradient(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dp (s, n); -inf where p[t] = 0."""
    gp = np.zeros_like(p)
    samples = np.arange(len(t))
    with np.errstate(divide="ignore"):
        gp[samples, t] = -1 / p[samples, t]
    return gp


def log_softmax_nll(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in nats, from scores x (s, n) and classes t (s,)."""
    return -log_softmax(x)[np.arange(len(t)), t]


def log_softmax_nll_gradient(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dx (s, n)."""
    gx = softmax(x)
    gx[np.arange(len(t)), t] -= 1
    return gx


def cross_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """(s,) errors, in nats, from probabilities p and shares q of the truth, both (s, n); inf where p = 0, q is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -sample_sums(np.where(q == 0, 0, q * np.log(p)))


def cross_entropy_gradient(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """d err / dp (s, n); -inf where p = 0 and q is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(q == 0, 0, -q / p)


def log_softmax_cross_entropy(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """(s,) errors, in nats, from scores x and shares q of the truth, both (s, n)."""
    with np.errstate(invalid="ignore"):
        return -sample_sums(np.where(q == 0, 0, q * log_softmax(x)))


def log_softmax_cross_entropy_gradient(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """d err / dx (s, n)."""
    return q.sum(axis=1, keepdims=True) * softmax(x) - q


@dataclass(frozen=True)
class NLL(SmoothedLoss):
    """-log p[t], for a network that ends in Softmax: y (s, n) are probabilities p, t (s,) classes 0 .. n-1.

    label_smoothing : the share of the truth that all classes have alike; 0 to below 1
    class_weight : what an error counts where t is each class, a number above 0 for each; None: 1

    NetworkError for other options, and for an output that is no vector; DataError for targets that are no classes. A
    prediction is p itself.
    """

    def check_ending(self, last: Layer, output_shape: Shape) -> None:
        expected = "expected Softmax() at its end, or the loss LogSoftmaxNLL() for a network that ends in scores"
        check_probabilities("NLL", last, expected)
        if isinstance(last, Sigmoid):
            raise wrong("NLL takes probabilities that sum to 1", last, expected)

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return nll(y, t) if self.is_plain else cross_entropy(y, self.truth(t, y))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return nll_gradient(y, t) if self.is_plain else cross_entropy_gradient(y, self.truth(t, y))


@dataclass(frozen=True)
class LogSoftmaxNLL(SmoothedLoss):
    """-log softmax(x)[t], for a network that ends in scores: y (s, n) are scores x, t (s,) classes 0 .. n-1.

    label_smoothing : the share of the truth that all classes have alike; 0 to below 1
    class_weight : what an error counts where t is each class, a number above 0 for each; None: 1

    NetworkError for other options, and for an output that is no vector; DataError for targets that are no classes. A
    prediction is softmax(x).
    """

    def check_ending(self, last: Layer, output_shape: Shape) -> None:
        if not isinstance(last, LogSoftmax):  # whose own softmax changes nothing
            expected = "expected it to end in Linear, or Softmax() at its end and the loss NLL()"
            check_scores("LogSoftmaxNLL", last, expected, both_signs=False)

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return log_softmax_nll(y, t) if self.is_plain else log_softmax_cross_entropy(y, self.truth(t, y))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        if self.is_plain:
            return log_softmax_nll_gradient(y, t)
        return log_softmax_cross_entropy_gradient(y, self.truth(t, y))

    def prediction(self, y: np.ndarray) -> np.ndarray:
        return softmax(y)
