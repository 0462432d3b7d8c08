"""What outputs are compared with targets by: scikit-learn's losses, as ours and a factor.

             out_activation_   error of a sample
classes      softmax           -log p[t]
two, labels  logistic          sum of -log p[t], each label by itself
numbers      identity          sum of 1/2 (y - t)^2; what is told is the outputs' mean
counts       exp               sum of t log(t / y) - t + y, half of Poisson's deviance

An error is what it is; scikit-learn cuts those of classes off at -log(eps) where it tells of them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, xlogy

from chainrule.layers.softmax import softmax
from chainrule.losses import LogSoftmaxNLL, Loss, SigmoidBinaryCrossEntropy, SquaredError
from chainrule.losses.loss import RealLoss, like, sample_sums


class ExpPoisson(RealLoss):
    """t log(t / exp(y)) - t + exp(y), of y (s, ...), logarithms of mean counts, and t of y's shape, none negative."""

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        t = like(t, y)
        return sample_sums(xlogy(t, t) - t * y - t + np.exp(y))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.exp(y) - like(t, y)

    def prediction(self, y: np.ndarray) -> np.ndarray:
        return np.exp(y)


@dataclass(frozen=True)
class Comparison:
    """A loss with the factor that it has in the sum, and in what is told of it for each output."""

    loss: Loss
    factor: float = 1.0
    mean: bool = False  # over the outputs

    def told(self, t: np.ndarray) -> float:
        """What an error in the sum is multiplied by where it is told, of targets t (n, ...)."""
        return 1 / t.shape[1] if self.mean else 1.0


COMPARISONS = {
    "softmax": Comparison(LogSoftmaxNLL()),
    "logistic": Comparison(SigmoidBinaryCrossEntropy()),
    "identity": Comparison(SquaredError(), factor=0.5, mean=True),
    "exp": Comparison(ExpPoisson()),
}
"""By the name of the outputs' activation."""

FINAL = {"softmax": softmax, "logistic": expit, "identity": lambda y: y, "exp": np.exp}
"""The outputs' activations."""
