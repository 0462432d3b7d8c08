"""The w for which p w is nearest, in squares, to t: exactly, or by the lecture's gradient descent.

    L(w) = sum_i weight_i |p_i w - t_i|^2 / sum_i weight_i        p_i: a row of numbers made of x_i, such as its powers
    dL/dw = 2 p^T (weight (p w - t)) / sum_i weight_i             weight here: as shares, which sum to 1

The loss is a bowl with the same Hessian 2 p^T (weight p) everywhere, from which eta and momentum follow (`polynomial`
has the formulas). Where it has flat directions both ways end in the w nearest to 0: descent starts there and never
moves along a flat one.
"""

import math

import numpy as np

from chainrule.data.dataset import Dataset
from chainrule.regression.descent import MOST_UPDATES
from chainrule.regression.polynomial import Bowl
from chainrule.training.descent import minimise
from chainrule.training.events import EpochEvent, Event, StopTraining
from chainrule.training.objective import Batch, Objective
from chainrule.training.settings import Training


def exact(p: np.ndarray, t: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """w (k, outputs) by singular values, from p (n, k), t (n, outputs) and weight (n,)."""
    root = np.sqrt(weight)[:, None]
    return np.linalg.lstsq(root * p, root * t)[0]


def by_descent(p: np.ndarray, t: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, int, bool]:
    """(w, updates made, whether they sufficed), by gradient descent with momentum; arguments as of `exact`."""
    share = weight / weight.sum()
    bowl = Bowl(2 * p.T @ (share[:, None] * p))
    norm = math.inf

    def stop(event: Event) -> None:
        nonlocal norm
        if isinstance(event, EpochEvent):
            norm = event.gradient_norm
            if norm <= bowl.tolerance:
                raise StopTraining("converged")

    training = Training(bowl.heavy_ball(), MOST_UPDATES, batch_size=None, reduction="sum")
    start = np.zeros(p.shape[1] * t.shape[1])
    found = minimise(LeastSquares(), Dataset(p, t, share), start, training, listeners=[stop])
    return found.w.reshape(p.shape[1], -1), found.progress.epoch, norm <= bowl.tolerance


class LeastSquares(Objective):
    """L(w; D'), for w (k outputs,), rows p (s, k) as x, and t (s, outputs), in float64."""

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self.loss_and_gradient(w, batch, np.empty_like(w))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        p = batch.samples
        error = p @ w.reshape(p.shape[1], -1) - batch.t
        weighted = error if batch.sample_weight is None else batch.sample_weight[:, None] * error
        out[:] = (2 * p.T @ weighted).ravel()
        return float(np.vdot(weighted, error))
